"""Content Credentials (C2PA): signed by the server, read back by Inspect; forged ones do not hold."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from phiz.v1 import image_pb2, phiz_pb2
from phiz.v1.face_pb2 import FaceSource
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.c2pa_toolkit import C2paCredentials
from serving.content_credentials import Verification
from serving.errors import StartupError
from serving.gateway import Gateway
from serving.images import EncodedImage
from serving.local import gateway_thread
from serving.provenance import Provenance, SourceType
from serving.settings import Settings
from tests.certificates import Authority, Certificate, authority

SEED = phiz_pb2.GenerateRequest(count=1, seed=1)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def studio(root: Authority) -> Certificate:
    return root.issue_to_signer("Studio")


@pytest.fixture(scope="module")
def signing(root: Authority, studio: Certificate) -> Iterator[Gateway]:
    """A server that signs what it makes, and trusts who has a certificate of the same authority."""
    settings = Settings(
        grpc_port=0,
        http_port=0,
        c2pa_cert=studio.certificate,
        c2pa_key=studio.key,
        c2pa_trust=root.certificate,
    )
    with gateway_thread(settings) as running:
        yield running


@pytest.fixture(scope="module")
def signed(signing: Gateway) -> Iterator[PhizStub]:
    with grpc.insecure_channel(signing.target) as channel:
        yield PhizStub(channel)


def credentials(stub: PhizStub, data: bytes) -> phiz_pb2.ContentCredentials:
    found = stub.Inspect(phiz_pb2.InspectRequest(image=data))
    assert found.HasField("content_credentials")
    return found.content_credentials


def face(file_format: image_pb2.ImageFormat) -> Callable[[PhizStub], bytes]:
    def generate(stub: PhizStub) -> bytes:
        request = phiz_pb2.GenerateRequest(count=1, seed=1, output=image_pb2.ImageOptions(format=file_format))
        return stub.Generate(request).faces[0].image.data

    return generate


def animation(animation_format: phiz_pb2.AnimationFormat) -> Callable[[PhizStub], bytes]:
    def morph(stub: PhizStub) -> bytes:
        faces = [FaceSource(seed=1), FaceSource(seed=2)]
        parts = stub.Morph(phiz_pb2.MorphRequest(faces=faces, frames=2, animation=animation_format))
        return next(part.animation.data for part in parts if part.HasField("animation"))

    return morph


@pytest.mark.parametrize(
    "make",
    [
        face(image_pb2.IMAGE_FORMAT_PNG),
        face(image_pb2.IMAGE_FORMAT_JPEG),
        face(image_pb2.IMAGE_FORMAT_WEBP),
        animation(phiz_pb2.ANIMATION_FORMAT_WEBP),
        animation(phiz_pb2.ANIMATION_FORMAT_GIF),
    ],
    ids=["png", "jpeg", "webp", "animated webp", "gif"],
)
def test_every_file_is_signed_and_is_still_the_picture(
    signed: PhizStub, stub: PhizStub, make: Callable[[PhizStub], bytes]
) -> None:
    data = make(signed)
    told = credentials(signed, data)
    assert told.verification == phiz_pb2.VERIFICATION_TRUSTED
    assert told.signer == "Studio, Studio"
    assert told.claim_generator.startswith("Phiz ")
    assert told.digital_source_type_uri.endswith("/trainedAlgorithmicMedia")
    assert not told.failures
    with Image.open(io.BytesIO(data)) as ours, Image.open(io.BytesIO(make(stub))) as plain:
        assert ours.convert("RGB").tobytes() == plain.convert("RGB").tobytes()
    assert signed.Inspect(phiz_pb2.InspectRequest(image=data)).evidence == phiz_pb2.EVIDENCE_DECLARED


def test_a_coloured_photograph_is_signed_as_a_composite(signed: PhizStub, astronaut_gray_jpeg: bytes) -> None:
    coloured = signed.Colorize(phiz_pb2.ColorizeRequest(image=astronaut_gray_jpeg)).image.data
    told = credentials(signed, coloured)
    assert told.digital_source_type_uri.endswith("/compositeWithTrainedAlgorithmicMedia")


def test_a_file_that_was_changed_afterwards_does_not_hold(signed: PhizStub) -> None:
    data = bytearray(signed.Generate(SEED).faces[0].image.data)
    data[-20] ^= 1
    told = credentials(signed, bytes(data))
    assert told.verification == phiz_pb2.VERIFICATION_INVALID
    assert list(told.failures) == ["assertion.dataHash.mismatch"]


def test_a_server_that_trusts_nobody_only_tells_that_there_are_some(signed: PhizStub, stub: PhizStub) -> None:
    told = credentials(stub, signed.Generate(SEED).faces[0].image.data)
    assert told == phiz_pb2.ContentCredentials(verification=phiz_pb2.VERIFICATION_NOT_VERIFIED)


def signed_by(signer: Certificate) -> bytes:
    plain = io.BytesIO()
    Image.new("RGB", (8, 8)).save(plain, "PNG")
    file = EncodedImage(plain.getvalue(), "image/png", 8, 8, Provenance(SourceType.GENERATED))
    return C2paCredentials(signer.certificate, signer.key, None).sign(file).data


def test_a_signer_of_another_authority_is_not_known(signed: PhizStub, tmp_path: Path) -> None:
    told = credentials(signed, signed_by(authority(tmp_path).issue_to_signer("Stranger")))
    assert told.verification == phiz_pb2.VERIFICATION_SIGNED
    assert list(told.failures) == ["signingCredential.untrusted"]


def test_a_certificate_may_change_while_it_serves(root: Authority, studio: Certificate, tmp_path: Path) -> None:
    files = Certificate(tmp_path / "signer.pem", tmp_path / "signer.key")
    files.replace(studio)
    toolkit = C2paCredentials(files.certificate, files.key, root.certificate)
    plain = EncodedImage(signed_by(studio), "image/png", 8, 8, Provenance(SourceType.ENHANCED))
    assert toolkit.verify(toolkit.sign(plain).data, "image/png").signer == "Studio, Studio"
    files.replace(root.issue_to_signer("Newer"))
    assert toolkit.verify(toolkit.sign(plain).data, "image/png").signer == "Newer, Newer"


def test_what_cannot_sign_is_told_at_the_start(root: Authority, studio: Certificate, tmp_path: Path) -> None:
    no_signer = root.issue("no-signer")
    for certificate, key, complaint in (
        (studio.certificate, no_signer.key, "no-signer.key"),
        (no_signer.certificate, no_signer.key, "certificate is invalid"),
        (studio.certificate, studio.certificate, "Studio.pem"),
        (tmp_path / "nowhere", studio.key, "nowhere"),
    ):
        with pytest.raises(StartupError, match=complaint):
            C2paCredentials(certificate, key, None)
    with pytest.raises(StartupError, match="nowhere"):
        C2paCredentials(None, None, tmp_path / "nowhere")


@given(st.data())
def test_forged_credentials_are_invalid_or_whole(
    root: Authority, studio: Certificate, genuine: bytes, data: st.DataObject
) -> None:
    forged = bytearray(genuine)
    for _ in range(data.draw(st.integers(1, 6))):
        forged[data.draw(st.integers(33, len(forged) - 1))] = data.draw(st.integers(0, 255))
    told = C2paCredentials(None, None, root.certificate).verify(bytes(forged), "image/png")
    assert told.verification in (Verification.INVALID, Verification.TRUSTED, Verification.SIGNED)


@pytest.fixture(scope="module")
def genuine(studio: Certificate) -> bytes:
    return signed_by(studio)
