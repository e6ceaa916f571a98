"""Which mapping belongs to a generator, where a repository has several."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from serving.admission import Admission
from serving.engine.base import Model, ModelVersion, TensorSpec
from serving.errors import ModelNotFound
from serving.metrics import Metrics
from serving.operations.sources import Family
from serving.pipeline import Pipeline
from serving.settings import Settings
from tests.serving.fixed_engine import FixedEngine


def model(name: str, takes: str, gives: str, digest: str) -> Model:
    tensors = {tensor: TensorSpec(tensor, np.dtype(np.float32), (1,)) for tensor in (takes, gives)}
    inputs, outputs = {takes: tensors[takes]}, {gives: tensors[gives]}
    return Model(ModelVersion(name, 1), 1, inputs, outputs, {"generator_digest": digest}, ready=True)


def mapping(name: str, digest: str) -> Model:
    return model(name, "z", "w_plus", digest)


def generator(name: str, digest: str) -> Model:
    return model(name, "w_plus", "image", digest)


def pipeline(*models: Model) -> Pipeline:
    metrics = Metrics()
    return Pipeline(Settings(), FixedEngine(*models), Admission(1, 1, 1, metrics), metrics, ThreadPoolExecutor(1))


def test_a_generator_has_the_mapping_of_its_own_digest() -> None:
    models = [mapping("mapping", "aa"), mapping("mapping_large", "bb")]
    models += [generator("generator", "aa"), generator("generator_large", "bb")]
    with pipeline(*models).job("Generate") as job:
        assert Family.of(job).mapping.id.name == "mapping"
        assert Family.of(job, "generator_large").mapping.id.name == "mapping_large"


def test_a_generator_without_a_mapping_is_not_found() -> None:
    models = [mapping("mapping", "aa"), generator("generator_large", "bb")]
    with pipeline(*models).job("Generate") as job, pytest.raises(ModelNotFound) as caught:
        Family.of(job, "generator_large", field="model")
    assert caught.value.field == "model"
    assert caught.value.metadata["model"] == "generator_large"
