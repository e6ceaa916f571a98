"""TLS between the gateway and a real Triton server: who is believed, and who is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from phiz.credentials import tls
from serving.engine.choice import open_engine
from serving.errors import CredentialsInvalid
from serving.metrics import Metrics
from serving.settings import Settings
from tests.certificates import Authority, authority
from tests.system.tritonserver import Triton, triton_server


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def triton(root: Authority, one_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triton]:
    """One that shows a certificate, and asks for one."""
    server, tester = root.issue("triton"), root.issue("tester")
    options = ["--grpc-use-ssl=true", "--grpc-use-ssl-mutual=true", f"--grpc-root-cert={root.certificate}"]
    options += [f"--grpc-server-cert={server.certificate}", f"--grpc-server-key={server.key}"]
    credentials = tls(root.certificate, tester.certificate, tester.key)
    with triton_server(one_model, tmp_path_factory.mktemp("triton"), *options, credentials=credentials) as running:
        yield running


async def is_ready(settings: Settings) -> bool:
    """Whether the models of Triton are, as the gateway sees them."""
    engine = await open_engine(settings, Metrics())
    try:
        return all(model.ready for model in engine.models.values())
    finally:
        await engine.close()


@pytest.fixture
def trusted(triton: Triton, root: Authority, one_model: Path) -> Settings:
    """Those of a gateway that Triton believes, and that believes Triton."""
    gateway = root.issue("gateway")
    return Settings(
        model_repository=one_model,
        triton=triton.address,
        triton_tls_ca=root.certificate,
        triton_tls_cert=gateway.certificate,
        triton_tls_key=gateway.key,
    )


async def test_who_shows_a_certificate_that_is_believed_is_answered(trusted: Settings) -> None:
    assert await is_ready(trusted)


async def test_who_shows_none_is_not_answered(trusted: Settings) -> None:
    without = {"triton_tls_cert": None, "triton_tls_key": None}
    assert not await is_ready(trusted.model_copy(update=without))
    assert not await is_ready(trusted.model_copy(update={**without, "triton_tls_ca": None}))


async def test_a_triton_with_the_certificate_of_another_authority_is_not_asked(
    trusted: Settings, tmp_path: Path
) -> None:
    assert not await is_ready(trusted.model_copy(update={"triton_tls_ca": authority(tmp_path).certificate}))


async def test_files_that_will_not_do_are_named(trusted: Settings, tmp_path: Path) -> None:
    with pytest.raises(CredentialsInvalid, match=f"For Triton, TLS cannot use {tmp_path / 'nowhere'}"):
        await open_engine(trusted.model_copy(update={"triton_tls_ca": tmp_path / "nowhere"}), Metrics())
