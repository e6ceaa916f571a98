"""Reading an ONNX file's metadata without loading the model."""

from contextlib import suppress
from pathlib import Path

import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.engine.onnx_metadata import read_metadata
from serving.errors import ModelInvalid
from serving.settings import Settings
from tests.serving.adders import publish_adder

FILES = sorted(Settings().model_repository.glob("*/*/model.onnx"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.parent.name)
def test_it_is_what_onnx_runtime_reads(file: Path) -> None:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert read_metadata(file) == session.get_modelmeta().custom_metadata_map


def test_any_text_is_read(tmp_path: Path) -> None:
    facts = {"": "no key", "empty": "", "long": "x" * 70_000, "words": "Grüße, 世界"}
    publish_adder(tmp_path, 1, metadata=facts)
    assert read_metadata(tmp_path / "adder" / "1" / "model.onnx") == facts


@pytest.mark.parametrize("content", [b"", b"not a model", b"\xff" * 100])
def test_what_is_no_model_is_refused_by_its_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelInvalid, match=r"model\.onnx"):
        read_metadata(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match="nowhere"):
        read_metadata(tmp_path / "nowhere.onnx")


@given(content=st.binary(min_size=1, max_size=200))
def test_whatever_the_bytes_are_they_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.mktemp("any") / "model.onnx"
    file.write_bytes(content)
    with suppress(ModelInvalid):
        assert all(isinstance(text, str) for pair in read_metadata(file).items() for text in pair)
