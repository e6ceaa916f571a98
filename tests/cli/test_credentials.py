"""TLS and API keys on the command line."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from serving.local import gateway_thread
from serving.settings import Settings
from tests.certificates import Authority, Certificate, authority

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz

KEY = "correct-horse"


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def me(ours: Authority) -> Certificate:
    return ours.issue("me")


@pytest.fixture(scope="module")
def guarded(ours: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of one model that wants a certificate and an API key of its callers."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copytree(Settings().model_repository / "mapping", folder / "models" / "mapping")
    keys = folder / "keys"
    keys.write_text(f"me {hashlib.sha256(KEY.encode()).hexdigest()} ListModels\n")
    identity = ours.issue("server")
    settings = Settings(
        model_repository=folder / "models",
        grpc_port=0,
        http_port=0,
        tls_cert=identity.certificate,
        tls_key=identity.key,
        tls_client_ca=ours.certificate,
        api_keys=keys,
    )
    with gateway_thread(settings) as gateway:
        yield gateway.target


def test_with_certificate_and_key_it_is_answered(
    phiz_alone: "Phiz", guarded: str, ours: Authority, me: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHIZ_API_KEY", KEY)
    tls = ("--tls-ca", ours.certificate, "--tls-cert", me.certificate, "--tls-key", me.key)
    assert phiz_alone("models", "--json", "--server", guarded, *tls).objects[0]["name"] == "mapping"


def test_the_key_may_stand_in_a_file_and_the_authority_in_the_environment(
    phiz_alone: "Phiz", guarded: str, ours: Authority, me: Certificate, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHIZ_TLS_CA", str(ours.certificate))
    Path("key").write_text(f"{KEY}\n")
    tls = ("--tls-cert", me.certificate, "--tls-key", me.key)
    assert phiz_alone("models", "--server", guarded, *tls, "--api-key-file", "key").exit_code == 0
    refused = phiz_alone("models", "--server", guarded, *tls, "--json")
    assert (refused.exit_code, refused.objects[0]["reason"]) == (1, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--tls-ca", "missing.pem"], "missing.pem: No such file"),
        (["--tls-ca", "notes.txt"], "notes.txt"),
        (["--tls-cert", "notes.txt"], "--tls-ca"),
        (["--tls-ca", "CA", "--tls-cert", "notes.txt"], "go together"),
        (["--api-key-file", "missing.key"], "--api-key-file cannot be read"),
        (["--api-key-file", "notes.txt"], "API key"),
    ],
)
def test_what_cannot_be_used_is_wrong_usage(
    phiz_alone: "Phiz", bad_files: object, ours: Authority, arguments: list[str], complaint: str
) -> None:
    arguments = [str(ours.certificate) if word == "CA" else word for word in arguments]
    refused = phiz_alone("models", "--server", "127.0.0.1:1", *arguments)
    assert refused.exit_code == 2
    assert complaint in refused.err


def test_without_a_server_neither_is_asked_for(
    phiz_alone: "Phiz", ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the environment is that of a server which asks for both."""
    for name in ("PHIZ_TLS_CERT", "PHIZ_TLS_KEY", "PHIZ_API_KEYS", "PHIZ_TLS_CA"):
        monkeypatch.setenv(name, str(ours.certificate))
    assert phiz_alone("models").exit_code == 0
    Image.new("RGB", (300, 200), "olive").save("wall.png")
    assert phiz_alone("demo", "--photo", "wall.png").err.startswith("phiz: Align: ")  # the demo's server has answered
