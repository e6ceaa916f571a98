"""Certificates made on the spot by ``openssl``."""

import subprocess
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key, as PEM files."""

    certificate: Path
    key: Path

    def replace(self, other: "Certificate") -> None:
        """Puts the other's contents into these files: first the certificate, then the key, each by a rename."""
        for mine, its in ((self.certificate, other.certificate), (self.key, other.key)):
            new = mine.with_suffix(".new")
            new.write_bytes(its.read_bytes())
            new.replace(mine)


class Authority(Certificate):
    """Issues certificates; its own is the root."""

    def issue(self, name: str) -> Certificate:
        """A certificate of ``name``, for "localhost" and 127.0.0.1."""
        return self._issue(name, "subjectAltName=DNS:localhost,IP:127.0.0.1")

    def issue_to_signer(self, name: str) -> Certificate:
        """A certificate of ``name``, of an organization of that name, good for signing documents."""
        return self._issue(name, "keyUsage=critical,digitalSignature", "extendedKeyUsage=emailProtection")

    def _issue(self, name: str, *extensions: str) -> Certificate:
        added = (("-addext", extension) for extension in ("basicConstraints=critical,CA:FALSE", *extensions))
        issuer = ("-CA", self.certificate, "-CAkey", self.key, "-subj", f"/CN={name}/O={name}")
        return Certificate(*_request(self.certificate.parent / name, *issuer, *chain.from_iterable(added)))


def authority(folder: Path, name: str = "root") -> Authority:
    """A new authority whose files, and those that it issues, lie in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    return Authority(*_request(folder / name, "-subj", f"/CN={name}"))


def _request(path: Path, *arguments: str | Path) -> tuple[Path, Path]:
    certificate, key = path.with_suffix(".pem"), path.with_suffix(".key")
    files = ("-keyout", key, "-out", certificate)
    subprocess.run(
        ["openssl", "req", "-x509", "-days", "1", *NEW_KEY, *files, *arguments], check=True, capture_output=True
    )
    return certificate, key
