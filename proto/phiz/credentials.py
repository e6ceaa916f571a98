"""Credentials for servers that speak TLS."""

import ssl
from pathlib import Path

import grpc


def tls(
    authority: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> grpc.ChannelCredentials:
    """Credentials for ``phiz.client``.

    Args:
        authority: certificates in PEM, one of which must have issued the server's; None for those that gRPC brings.
        certificate: the caller's own certificate in PEM, for a server that wants one (mutual TLS).
        key: the certificate's private key in PEM, not encrypted.

    Raises:
        ValueError: a file cannot be read or is not what it must be, or of ``certificate`` and ``key`` one is missing.
    """
    if (certificate is None) != (key is None):
        raise ValueError("a certificate and its key go together")
    # gRPC would tell only that no connection can be made; so the files are tried first.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    what = str(authority)
    try:
        if authority is not None:
            context.load_verify_locations(authority)
        what = f"{certificate} with {key}"
        if certificate is not None:
            context.load_cert_chain(certificate, key, password="")  # else it is asked for at a terminal
        return grpc.ssl_channel_credentials(*map(_read, (authority, key, certificate)))
    except OSError as error:
        why = getattr(error, "reason", None) or error.strerror or error
        raise ValueError(f"TLS cannot use {what}: {why}") from error


def _read(file: Path | None) -> bytes | None:
    return None if file is None else file.read_bytes()
