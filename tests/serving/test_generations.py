"""A request keeps the models that it began with, and a version goes when nobody has it any more."""

from contextlib import ExitStack

from hypothesis import given
from hypothesis import strategies as st

from serving.engine.base import Model, ModelVersion
from serving.engine.generations import Generations


def models(**versions: int) -> dict[str, Model]:
    return {name: Model(ModelVersion(name, version), 1, {}, {}, {}, ready=True) for name, version in versions.items()}


def test_a_version_goes_when_the_last_request_that_has_it_ends() -> None:
    retired: list[ModelVersion] = []
    generations = Generations(models(a=1, b=1), retired.append)
    with generations.hold() as first:
        with generations.hold():
            generations.follow_with(models(a=2, b=1))
        assert retired == []
        assert first["a"].id.version == 1
        assert generations.models["a"].id.version == 2
    assert retired == [ModelVersion("a", 1)]


def test_what_nobody_has_goes_at_once() -> None:
    retired: list[ModelVersion] = []
    generations = Generations(models(a=1), retired.append)
    generations.follow_with(models(b=1))
    assert retired == [ModelVersion("a", 1)]
    assert generations.newest == {ModelVersion("b", 1)}


@given(steps=st.lists(st.one_of(st.just("hold"), st.integers(0, 5).map(lambda i: ("end", i)), st.just("publish"))))
def test_a_version_goes_once_and_never_under_a_request(steps: list[str | tuple[str, int]]) -> None:
    retired: list[ModelVersion] = []
    generations = Generations(models(a=0, b=0), retired.append)
    held: list[tuple[ExitStack, set[ModelVersion]]] = []
    version = 0
    for step in steps:
        if step == "hold":
            request = ExitStack()
            held.append((request, {model.id for model in request.enter_context(generations.hold()).values()}))
        elif step == "publish":
            version += 1
            generations.follow_with(models(a=version, b=version // 2))
        elif held:
            request, _ = held.pop(int(step[1]) % len(held))
            request.close()
        in_use = generations.newest.union(*(ids for _, ids in held))
        every = {ModelVersion("a", i) for i in range(version + 1)} | {
            ModelVersion("b", i) for i in range(version // 2 + 1)
        }
        assert sorted(retired) == sorted(every - in_use)
