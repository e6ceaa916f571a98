"""Who calls, and may call what: certificates, and API keys, of which the server knows the SHA-256 only."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from serving.errors import CredentialsInvalid
from serving.metrics import SERVICE
from serving.reloaded import Reloaded

AUTHORIZATION_KEY: Final = "authorization"
"""Metadata that carries the key, as ``Bearer KEY``."""

_METHODS: Final = frozenset(SERVICE.methods_by_name)
_NAME: Final = re.compile(r"[A-Za-z0-9._:@-]{1,64}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Caller:
    """Somebody who may call.

    Attributes:
        name: for the log.
        methods: what may be called.
    """

    name: str
    methods: frozenset[str]


ANYBODY: Final = Caller("-", _METHODS)
"""The caller of a server that asks for no keys."""


class Callers:
    """The callers that a file names; the file is read again when it has changed."""

    def __init__(self, file: Path) -> None:
        """Reads it.

        Raises:
            CredentialsInvalid: it cannot be read, or a line will not do.
        """
        self._callers = Reloaded([file], lambda: read_callers(file))

    def find(self, authorization: str) -> Caller | None:
        """The caller whose key this is, given as ``Bearer KEY``; None where it is nobody's.

        All keys are compared, each in the same time whatever is sent.
        """
        scheme, _, key = authorization.partition(" ")
        digest = hashlib.sha256(key.encode()).digest()
        found = None
        for known, caller in self._callers.get().items():
            if hmac.compare_digest(known, digest):
                found = caller
        return found if scheme.lower() == "bearer" else None


def name_of(caller: Caller | None, auth_context: Mapping[str, Sequence[bytes]]) -> str:
    """What the log calls who calls: by the API key, else by the certificate's common name (mutual TLS), else "-".

    A common name is written as in addresses of the web, as one word of ASCII, so that it can forge no line of the log.

    Args:
        caller: whose API key it is; None where it is nobody's.
        auth_context: what gRPC knows of the connection.
    """
    if caller is not None and caller is not ANYBODY:
        return caller.name
    return next((quote(name) for name in auth_context.get("x509_common_name", ())), "-")


def read_callers(file: Path) -> dict[bytes, Caller]:
    """Reads a file of callers: the SHA-256 of each one's key, and who that is.

    A line is a name, the SHA-256 in 64 hexadecimal digits, and the methods that may be called (all where none is
    named), between spaces. One name may have several keys. Empty lines and those that begin with ``#`` say nothing.

    Raises:
        CredentialsInvalid: the file cannot be read, or a line will not do; says which, without what stands there.
    """
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsInvalid(f"The API keys in {file} cannot be read: {error}.") from error
    callers: dict[bytes, Caller] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        name, digest, *methods = words if len(words) > 1 else (*words, "")
        why = ""
        if not _NAME.fullmatch(name):
            why = "the name is not 1 to 64 letters, digits, or . _ : @ -"
        elif not _SHA256.fullmatch(digest.lower()):
            why = "the second word is not the SHA-256 of a key in 64 hexadecimal digits"
        elif unknown := sorted(set(methods) - _METHODS):
            why = f"there is no method {unknown[0]}"
        elif bytes.fromhex(digest) in callers:
            why = "another line has the same key"
        if why:
            raise CredentialsInvalid(f"Line {number} of {file}: {why}.")
        callers[bytes.fromhex(digest)] = Caller(name, frozenset(methods) or _METHODS)
    return callers
