"""Content Credentials by the library of the Content Authenticity Initiative. Needs ``pip install 'phiz[c2pa]'``.

Nothing is fetched: no manifest of another place, no time stamp, no state of a certificate.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import c2pa
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from PIL import Image

from serving.content_credentials import ContentCredentials, Verification
from serving.errors import CredentialsInvalid
from serving.images import EncodedImage
from serving.provenance import Provenance, SourceType
from serving.reloaded import Reloaded

_MAX_TEXT: Final = 256
_MAX_FAILURES: Final = 32
"""What is told of a file has an end, however much it says."""

_UNTRUSTED: Final = "signingCredential.untrusted"
_STATES: Final = {
    "Invalid": Verification.INVALID,
    "Valid": Verification.SIGNED,
    "Trusted": Verification.TRUSTED,
}
_CURVES: Final = {"secp256r1": b"es256", "secp384r1": b"es384", "secp521r1": b"es512"}


class C2paCredentials:
    """Signs with the operator's certificate, and verifies by the roots that he trusts. See ``Credentials``."""

    def __init__(self, certificate: Path | None, key: Path | None, trusted: Path | None) -> None:
        """Args:
        certificate: the signer's certificate and those between it and the root, in PEM; None not to sign.
        key: its private key, not encrypted, in PEM.
        trusted: roots of the signers that are trusted, in PEM; None not to verify.

        Raises:
            CredentialsInvalid: a file will not do.
        """
        self._verifies = trusted is not None
        self._reading = _context(trusted)
        self._writing = _context(None)
        self._signer: Reloaded[c2pa.Signer] | None = None
        if certificate is not None and key is not None:
            self._signer = Reloaded([certificate, key], lambda: self._read_signer(certificate, key))

    def sign(self, file: EncodedImage) -> EncodedImage:
        """See Credentials. It adds about 3 KB."""
        if self._signer is None:
            return file
        data = self._sign(self._signer.get(), file.data, file.mime_type, file.provenance)
        return replace(file, data=data)

    def verify(self, data: bytes, mime_type: str) -> ContentCredentials:
        """See Credentials. What cannot be read is invalid."""
        if not self._verifies:
            return ContentCredentials(Verification.NOT_VERIFIED)
        try:
            return self._read(data, mime_type)
        except Exception as error:  # a hostile file may raise anything in the library, or say anything
            return ContentCredentials(Verification.INVALID, failures=(type(error).__name__.removeprefix("_C2pa"),))

    def _sign(self, signer: c2pa.Signer, data: bytes, mime_type: str, provenance: Provenance) -> bytes:
        signed = io.BytesIO()
        with c2pa.Builder(_manifest(provenance), context=self._writing) as builder:
            builder.sign(signer, mime_type, io.BytesIO(data), signed)
        return signed.getvalue()

    def _read(self, data: bytes, mime_type: str) -> ContentCredentials:
        with c2pa.Reader(mime_type, io.BytesIO(data), context=self._reading) as reader:
            store = json.loads(reader.json())
        manifest = store["manifests"][store["active_manifest"]]
        signature = manifest.get("signature_info", {})
        programs = manifest.get("claim_generator_info") or [{}]
        failures = dict.fromkeys(each["code"] for each in store.get("validation_status", ()))
        return ContentCredentials(
            verification=_STATES[store["validation_state"]],
            signer=", ".join(filter(None, (signature.get("issuer"), signature.get("common_name"))))[:_MAX_TEXT],
            claim_generator=f"{programs[0].get('name', '')} {programs[0].get('version', '')}".strip()[:_MAX_TEXT],
            source_type_uri=_source_type(manifest)[:_MAX_TEXT],
            failures=tuple(failures)[:_MAX_FAILURES],
        )

    def _read_signer(self, certificate: Path, key: Path) -> c2pa.Signer:
        """Reads the files and tries them, for some of what is wrong shows only in what is signed."""
        what = f"{certificate} with {key}"
        try:
            pem = key.read_bytes()
            info = c2pa.C2paSignerInfo(
                alg=_algorithm(pem), sign_cert=certificate.read_bytes(), private_key=pem, ta_url=None
            )
            signer = c2pa.Signer.from_info(info)
            picture = io.BytesIO()
            Image.new("RGB", (1, 1)).save(picture, "PNG")
            signed = self._sign(signer, picture.getvalue(), "image/png", Provenance(SourceType.GENERATED))
            failures = set(self._read(signed, "image/png").failures) - {_UNTRUSTED}
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm, c2pa.C2paError) as error:
            raise CredentialsInvalid(f"Content Credentials cannot be signed by {what}: {error}.") from error
        if failures:
            raise CredentialsInvalid(f"Content Credentials cannot be signed by {what}: {', '.join(failures)}.")
        return signer


def _context(trusted: Path | None) -> c2pa.Context:
    """Raises:
    CredentialsInvalid: the file will not do.
    """
    settings: dict[str, Any] = {
        "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "builder": {"thumbnail": {"enabled": False}},
    }
    if trusted is not None:
        try:
            settings["trust"] = {"trust_anchors": trusted.read_text("ascii")}
        except (OSError, ValueError) as error:
            raise CredentialsInvalid(f"The trusted signers {trusted} cannot be read: {error}.") from error
    try:
        return c2pa.Context.from_dict(settings)
    except c2pa.C2paError as error:
        raise CredentialsInvalid(f"The trusted signers {trusted} will not do: {error}.") from error


def _algorithm(pem: bytes) -> bytes:
    """C2PA's name of how a private key signs.

    Raises:
        ValueError: the key signs in no way that C2PA knows.
    """
    key = load_pem_private_key(pem, None)
    match key:
        case ec.EllipticCurvePrivateKey() if key.curve.name in _CURVES:
            return _CURVES[key.curve.name]
        case rsa.RSAPrivateKey():
            return b"ps256"
        case ed25519.Ed25519PrivateKey():
            return b"ed25519"
    raise ValueError("C2PA knows no such key")


def _manifest(provenance: Provenance) -> Mapping[str, Any]:
    """A claim that the picture was made here, from what its digital source type says. The rest is in its XMP."""
    action = {"action": "c2pa.created", "digitalSourceType": provenance.source_type.uri}
    return {
        "claim_generator_info": [{"name": "Phiz", "version": version("phiz")}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }


def _source_type(manifest: Mapping[str, Any]) -> str:
    for assertion in manifest.get("assertions", ()):
        if assertion.get("label", "").startswith("c2pa.actions"):
            for action in assertion["data"].get("actions", ()):
                if uri := action.get("digitalSourceType"):
                    return str(uri)
    return ""
