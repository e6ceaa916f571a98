"""Until when certificates are valid, read from their DER (RFC 5280, 4.1): Python tells it only of a peer's."""

import re
import ssl
from datetime import UTC, datetime
from typing import Final

_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_VERSION: Final = 0xA0
_UTC_TIME: Final = 0x17


def expiry_timestamp_seconds(pem: bytes) -> float:
    """When the first of some certificates, in PEM, ceases to be valid: seconds since 1970.

    Raises:
        ValueError: there is none, or one is damaged.
    """
    found = _PEM.findall(pem.decode("ascii", "replace"))
    if not found:
        raise ValueError("no certificate")
    try:
        return min(_not_after(ssl.PEM_cert_to_DER_cert(each)) for each in found)
    except IndexError:
        raise ValueError("damaged certificate") from None


def _not_after(certificate: bytes) -> float:
    """The end of ``Certificate.tbsCertificate.validity``, of a certificate in DER."""
    _, body, _ = _element(certificate)
    _, rest, _ = _element(body)
    if rest[0] == _VERSION:  # it may be left out
        _, _, rest = _element(rest)
    for _field in ("serialNumber", "signature", "issuer"):
        _, _, rest = _element(rest)
    _, validity, _ = _element(rest)
    _, _, rest = _element(validity)  # notBefore
    tag, moment, _ = _element(rest)
    text = moment.decode("ascii")
    if tag == _UTC_TIME:  # two digits of the year: 50 is 1950, 49 is 2049
        text = ("19" if text[0] >= "5" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first element of ``der``, and what comes after it. IndexError where it ends too early."""
    tag, length, start = der[0], der[1], 2
    if length & 0x80:  # so many bytes tell the length
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    if len(der) < start + length:
        raise IndexError
    return tag, der[start : start + length], der[start + length :]
