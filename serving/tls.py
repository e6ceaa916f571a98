"""TLS: the server's certificate, and the authority of the callers' certificates, renewed while it serves."""

import ssl
from pathlib import Path
from typing import NamedTuple

import grpc

from serving.certificate import expiry_timestamp_seconds
from serving.errors import CredentialsInvalid
from serving.reloaded import Reloaded


class Identity(NamedTuple):
    """What the files say: what gRPC is to show to callers, and when that ceases to be valid (seconds since 1970)."""

    configuration: "grpc.ServerCertificateConfiguration"
    expiry_timestamp_seconds: float


def server_identity(certificate: Path, key: Path, client_authority: Path | None) -> Reloaded[Identity]:
    """What the files of the server's certificate say, read again when they change.

    Args:
        certificate: the server's certificate and those between it and the root, in PEM.
        key: its private key, not encrypted, in PEM.
        client_authority: certificates in PEM, one of which must have issued each caller's; None asks callers for none.

    Raises:
        CredentialsInvalid: a file cannot be read, is not what it must be, or the key is another certificate's.
    """
    files = [certificate, key] if client_authority is None else [certificate, key, client_authority]
    return Reloaded(files, lambda: _read(certificate, key, client_authority))


def server_credentials(identity: Reloaded[Identity], ask_callers: bool) -> grpc.ServerCredentials:
    """Credentials that follow the files: a connection that is made after they have changed gets what they say then.

    Args:
        identity: what they say.
        ask_callers: whether callers must show a certificate, too.
    """
    used = identity.get()

    def renew() -> "grpc.ServerCertificateConfiguration | None":
        nonlocal used
        newest = identity.get()
        if newest is used:
            return None
        used = newest
        return newest.configuration

    # The stubs forget that None means: as before.
    return grpc.dynamic_ssl_server_credentials(used.configuration, renew, ask_callers)  # type: ignore[arg-type]


def _read(certificate: Path, key: Path, client_authority: Path | None) -> Identity:
    """Reads the files and tries them, for gRPC finds out only when somebody connects."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    what = f"{certificate} with {key}"
    authority = None
    try:
        pair = (key.read_bytes(), certificate.read_bytes())
        context.load_cert_chain(certificate, key, password="")  # else it is asked for at a terminal
        expiry = expiry_timestamp_seconds(pair[1])
        if client_authority is not None:
            what = str(client_authority)
            authority = client_authority.read_bytes()
            context.load_verify_locations(cadata=authority.decode())
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise CredentialsInvalid(f"TLS cannot use {what}: {why}.") from error
    return Identity(grpc.ssl_server_certificate_configuration([pair], authority), expiry)
