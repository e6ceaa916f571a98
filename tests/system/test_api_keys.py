"""API keys at a running server: who is let in, to what, and what is told of it."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from phiz.client import Client
from phiz.errors import PhizError
from phiz.v1 import phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.gateway import Gateway
from serving.local import gateway_thread
from serving.logs import caller_name
from serving.settings import Settings

REFUSED = (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")


def line(name: str, key: str, *methods: str) -> str:
    return " ".join([name, hashlib.sha256(key.encode()).hexdigest(), *methods]) + "\n"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "keys"
    path.write_text(line("ann", "anns-key") + line("bob", "bobs-key", "Generate", "GenerateStream"))
    return path


@pytest.fixture(scope="module")
def guarded(one_model: Path, file: Path) -> Iterator[Gateway]:
    settings = Settings(model_repository=one_model, grpc_port=0, http_port=0, api_keys=file, max_image_bytes=1000)
    with gateway_thread(settings) as running:
        yield running


def ask(gateway: Gateway, api_key: str | None) -> tuple[grpc.StatusCode, str]:
    """Code and reason that a caller of ListModels gets."""
    with Client(gateway.target, api_key=api_key) as client:
        try:
            client.list_models()
        except PhizError as error:
            return error.code, error.reason
    return grpc.StatusCode.OK, ""


def handled(gateway: Gateway, code: grpc.StatusCode) -> float:
    labels = {"grpc_type": "unary", "grpc_service": "phiz.v1.Phiz", "grpc_method": "ListModels", "grpc_code": code.name}
    return gateway.metrics.registry.get_sample_value("grpc_server_handled_total", labels) or 0


def test_who_has_a_key_is_let_in_and_nobody_else(guarded: Gateway) -> None:
    assert ask(guarded, "anns-key") == (grpc.StatusCode.OK, "")
    assert ask(guarded, None) == REFUSED
    assert ask(guarded, "another-key") == REFUSED


def test_who_may_call_something_else_is_told_so(guarded: Gateway) -> None:
    assert ask(guarded, "bobs-key") == (grpc.StatusCode.PERMISSION_DENIED, "METHOD_FORBIDDEN")


def test_streams_are_guarded_as_well(guarded: Gateway) -> None:
    with Client(guarded.target, api_key="bobs-key") as client, pytest.raises(PhizError) as caught:
        list(client.generate_stream(count=1))
    assert caught.value.reason == "MODEL_NOT_FOUND"  # he was let in
    with Client(guarded.target) as client, pytest.raises(PhizError) as caught:
        list(client.generate_stream(count=1))
    assert caught.value.reason == "UNAUTHENTICATED"


def test_the_file_may_change_while_it_serves(guarded: Gateway, file: Path) -> None:
    before = file.read_text()
    file.write_text(line("carol", "carols-key"))
    assert ask(guarded, "carols-key") == (grpc.StatusCode.OK, "")
    assert ask(guarded, "anns-key") == REFUSED
    file.write_text(before)
    assert ask(guarded, "anns-key") == (grpc.StatusCode.OK, "")


def test_health_asks_for_no_key(guarded: Gateway) -> None:
    with grpc.insecure_channel(guarded.target) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service="phiz.v1.Phiz"))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_who_is_refused_is_counted(guarded: Gateway) -> None:
    code = grpc.StatusCode.UNAUTHENTICATED
    before = handled(guarded, code)
    ask(guarded, None)
    assert handled(guarded, code) == before + 1


def test_of_who_is_refused_no_message_is_read(guarded: Gateway) -> None:
    """One that is too large to be read is not even found to be so."""
    request = phiz_pb2.ColorizeRequest(image=bytes(2 << 20))
    codes = []
    for key in ("another-key", "anns-key"):
        with grpc.insecure_channel(guarded.target) as channel, pytest.raises(grpc.RpcError) as caught:
            PhizStub(channel).Colorize(request, metadata=(("authorization", f"Bearer {key}"),))
        codes.append(caught.value.code())
    assert codes == [grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED]


def test_the_log_names_the_caller_and_never_the_key(guarded: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    names: list[str] = []

    def keep(_: logging.LogRecord) -> bool:
        names.append(caller_name.get())
        return True

    caplog.handler.addFilter(keep)
    with caplog.at_level(logging.DEBUG):
        ask(guarded, "anns-key")
        ask(guarded, "bobs-key")
        ask(guarded, "another-key")
    caplog.handler.removeFilter(keep)
    assert [name for name, record in zip(names, caplog.records, strict=True) if "ListModels" in record.message] == [
        "ann",
        "bob",
        "-",
    ]
    assert "-key" not in caplog.text


def test_keys_without_tls_are_warned_of(one_model: Path, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    def warnings() -> list[str]:
        return [record.message for record in caplog.records if "API keys" in record.message]

    settings = Settings(model_repository=one_model, grpc_port=0, http_port=0)
    with gateway_thread(settings):
        assert not warnings()
    with gateway_thread(settings.model_copy(update={"api_keys": file})):
        assert warnings() == ["there are API keys and no TLS: whoever sees the network can read them"]
