"""TLS: who is answered, who is not, and new certificates without a restart."""

import asyncio
import logging
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from phiz.client import AsyncClient, Client
from phiz.credentials import tls
from phiz.errors import PhizError
from phiz.v1 import phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.certificate import expiry_timestamp_seconds
from serving.errors import CredentialsInvalid, StartupError
from serving.gateway import Gateway
from serving.local import gateway_thread, local_server
from serving.logs import caller_name
from serving.settings import Settings
from serving.tls import server_identity
from tests.certificates import Authority, Certificate, authority
from tests.system.counters import wait_until
from tests.system.test_stop import serve

TIMEOUT_SECONDS = 60


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("other"))


@pytest.fixture
def identity(ours: Authority, tmp_path: Path) -> Certificate:
    """The server's certificate and key, in files of their own."""
    files = Certificate(tmp_path / "server.pem", tmp_path / "server.key")
    files.replace(ours.issue("server"))
    return files


@contextmanager
def serving(models: Path, identity: Certificate, client_ca: Path | None = None) -> Iterator[Gateway]:
    settings = Settings(
        model_repository=models,
        grpc_port=0,
        http_port=0,
        tls_cert=identity.certificate,
        tls_key=identity.key,
        tls_client_ca=client_ca,
    )
    with gateway_thread(settings) as running:
        yield running


@contextmanager
def caller(gateway: Gateway, trusts: Authority, shows: Certificate | None = None) -> Iterator[PhizStub]:
    """A client with a connection of its own."""
    files = (shows.certificate, shows.key) if shows else ()
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.secure_channel(gateway.target, tls(trusts.certificate, *files), options) as channel:
        yield PhizStub(channel)


def ask(stub: PhizStub) -> grpc.StatusCode:
    try:
        stub.ListModels(phiz_pb2.ListModelsRequest(), timeout=TIMEOUT_SECONDS)
    except grpc.RpcError as error:
        call: grpc.Call = error  # type: ignore[assignment] # an RpcError of a call is the call
        return call.code()
    return grpc.StatusCode.OK


def connect(gateway: Gateway, trusts: Authority, shows: Certificate | None = None) -> bool:
    """Whether a call over a new connection is answered; else there must be no connection."""
    with caller(gateway, trusts, shows) as stub:
        code = ask(stub)
    assert code in {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
    return code is grpc.StatusCode.OK


def test_who_trusts_the_authority_is_answered(
    one_model: Path, identity: Certificate, ours: Authority, other: Authority
) -> None:
    with serving(one_model, identity) as gateway:
        assert connect(gateway, trusts=ours)
        assert not connect(gateway, trusts=other)
        with grpc.insecure_channel(gateway.target) as channel:
            assert ask(PhizStub(channel)) is grpc.StatusCode.UNAVAILABLE


def test_with_mutual_tls_the_caller_must_show_a_certificate(
    one_model: Path, identity: Certificate, ours: Authority, other: Authority
) -> None:
    with serving(one_model, identity, client_ca=ours.certificate) as gateway:
        assert connect(gateway, trusts=ours, shows=ours.issue("caller"))
        assert not connect(gateway, trusts=ours)
        assert not connect(gateway, trusts=ours, shows=other.issue("caller"))


def test_the_log_calls_the_caller_by_the_certificates_name(
    one_model: Path, identity: Certificate, ours: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    names: list[str] = []

    def keep(_: logging.LogRecord) -> bool:
        names.append(caller_name.get())
        return True

    caplog.handler.addFilter(keep)
    with serving(one_model, identity, client_ca=ours.certificate) as gateway, caplog.at_level(logging.INFO):
        connect(gateway, trusts=ours, shows=ours.issue("laptop-7"))
    caplog.handler.removeFilter(keep)
    assert "laptop-7" in names


def test_both_clients_speak_it(one_model: Path, identity: Certificate, ours: Authority) -> None:
    shown = ours.issue("caller")
    with serving(one_model, identity, client_ca=ours.certificate) as gateway:
        credentials = tls(ours.certificate, shown.certificate, shown.key)

        async def names() -> list[str]:
            async with AsyncClient(gateway.target, credentials=credentials) as client:
                return [model.name for model in (await client.list_models()).models]

        with Client(gateway.target, credentials=credentials) as client:
            assert [model.name for model in client.list_models().models] == asyncio.run(names())
        with Client(gateway.target, credentials=tls(ours.certificate)) as client, pytest.raises(PhizError) as caught:
            client.list_models()
        assert caught.value.reason == "SERVER_UNREACHABLE"


class TestRotation:
    def test_a_new_certificate_is_used_without_a_restart(
        self, one_model: Path, identity: Certificate, ours: Authority, other: Authority
    ) -> None:
        with serving(one_model, identity) as gateway, caller(gateway, trusts=ours) as early:
            assert ask(early) is grpc.StatusCode.OK
            identity.replace(other.issue("server"))
            assert connect(gateway, trusts=other)
            assert not connect(gateway, trusts=ours)
            assert ask(early) is grpc.StatusCode.OK  # who is connected stays so

    def test_so_is_a_new_authority_of_the_callers(
        self, one_model: Path, identity: Certificate, ours: Authority, other: Authority, tmp_path: Path
    ) -> None:
        client_ca = tmp_path / "callers.pem"
        client_ca.write_bytes(ours.certificate.read_bytes())
        old, new = ours.issue("caller"), other.issue("caller")
        with serving(one_model, identity, client_ca) as gateway:
            assert [connect(gateway, ours, shows) for shows in (old, new)] == [True, False]
            client_ca.write_bytes(ours.certificate.read_bytes() + other.certificate.read_bytes())
            assert [connect(gateway, ours, shows) for shows in (old, new)] == [True, True]
            client_ca.write_bytes(other.certificate.read_bytes())
            assert [connect(gateway, ours, shows) for shows in (old, new)] == [False, True]

    def test_the_end_of_the_new_one_is_shown_though_nobody_connects(
        self, one_model: Path, identity: Certificate, ours: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("serving.gateway._CERTIFICATE_SECONDS", 0.05)

        def shown() -> float | None:
            name = "phiz_tls_certificate_expiry_timestamp_seconds"
            return gateway.metrics.registry.get_sample_value(name, {"file": str(identity.certificate)})

        with serving(one_model, identity) as gateway:
            wait_until(lambda: shown() == expiry_timestamp_seconds(identity.certificate.read_bytes()))
            time.sleep(1.1)  # certificates count in whole seconds
            identity.replace(ours.issue("server"))
            wait_until(lambda: shown() == expiry_timestamp_seconds(identity.certificate.read_bytes()))

    def test_a_bad_file_is_told_once_and_changes_nothing(
        self,
        one_model: Path,
        identity: Certificate,
        ours: Authority,
        other: Authority,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with serving(one_model, identity) as gateway:
            with caplog.at_level(logging.ERROR):
                identity.certificate.write_text("no certificate")
                assert [connect(gateway, trusts=ours) for _ in range(3)] == [True] * 3
                assert [str(identity.certificate) in record.message for record in caplog.records] == [True]
            identity.certificate.unlink()
            assert connect(gateway, trusts=ours)
            new = other.issue("server")
            identity.certificate.write_bytes(new.certificate.read_bytes())  # and still the old key
            assert connect(gateway, trusts=ours)
            identity.key.write_bytes(new.key.read_bytes())
            assert connect(gateway, trusts=other)


class TestStart:
    def test_a_key_of_another_certificate_is_refused(self, identity: Certificate, other: Authority) -> None:
        with pytest.raises(CredentialsInvalid, match=str(other.key)):
            server_identity(identity.certificate, other.key, None)

    def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_a_password(
        self, identity: Certificate, tmp_path: Path
    ) -> None:
        encrypted = tmp_path / "encrypted.key"
        command: list[str | Path] = [
            "openssl",
            "pkey",
            "-in",
            identity.key,
            "-aes256",
            "-passout",
            "pass:word",
            "-out",
            encrypted,
        ]
        subprocess.run(command, check=True)
        with pytest.raises(CredentialsInvalid, match=str(encrypted)):
            server_identity(identity.certificate, encrypted, None)

    @pytest.mark.parametrize("content", [None, b"", b"\xff", b"-----BEGIN CERTIFICATE-----\n!\n"])
    def test_a_file_that_is_not_what_it_must_be_is_named(
        self, identity: Certificate, tmp_path: Path, content: bytes | None
    ) -> None:
        bad = tmp_path / "bad.pem"
        if content is not None:
            bad.write_bytes(content)
        for files in ((bad, identity.key, None), (identity.certificate, bad, None), (*vars(identity).values(), bad)):
            with pytest.raises(CredentialsInvalid, match=str(bad)):
                server_identity(*files)

    @pytest.mark.parametrize("flags", [["--tls-cert=a"], ["--tls-key=a"], ["--tls-client-ca=a"]])
    def test_settings_that_do_not_go_together_are_refused(self, flags: list[str]) -> None:
        with pytest.raises(StartupError, match="tls_cert"):
            Settings.read(flags)


def test_a_private_socket_needs_no_tls(one_model: Path, identity: Certificate) -> None:
    settings = Settings(model_repository=one_model, tls_cert=identity.certificate, tls_key=identity.key)
    with local_server(settings) as target, grpc.insecure_channel(target) as channel:
        assert ask(PhizStub(channel)) is grpc.StatusCode.OK


def test_several_processes_speak_it_on_their_one_port(one_model: Path, identity: Certificate, ours: Authority) -> None:
    flags = [f"--tls-cert={identity.certificate}", f"--tls-key={identity.key}", f"--model-repository={one_model}"]
    with serve("--workers=2", *flags) as server, Client(server.target, credentials=tls(ours.certificate)) as client:
        assert client.list_models().models
