"""API keys: the file that names them, and who is who."""

import hashlib
import logging
from pathlib import Path

import pytest

from serving.callers import ANYBODY, Caller, Callers, name_of
from serving.errors import CredentialsInvalid
from serving.metrics import SERVICE

ALL = frozenset(SERVICE.methods_by_name)


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text(f"""\
# who may call

ann {digest("ann-1")}
ann {digest("ann-2").upper()}
bob {digest("bob-1")} Generate ListModels
""")
    return path


def test_each_key_is_its_callers(file: Path) -> None:
    callers = Callers(file)
    found = [callers.find(f"Bearer {key}") for key in ("ann-1", "ann-2", "bob-1")]
    assert [(caller.name, caller.methods) for caller in found if caller] == [
        ("ann", ALL),
        ("ann", ALL),
        ("bob", {"Generate", "ListModels"}),
    ]


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer nobody", "ann-1", "Basic ann-1", "Bearer ann-1 ", f"Bearer {digest('ann-1')}"],
)
def test_what_is_no_key_is_nobodys(file: Path, authorization: str) -> None:
    assert Callers(file).find(authorization) is None


def test_the_scheme_is_written_in_any_case(file: Path) -> None:
    assert Callers(file).find("bearer ann-1") is not None


def test_a_key_that_is_added_holds_at_once_and_one_that_is_removed_no_longer(file: Path) -> None:
    callers = Callers(file)
    file.write_text(f"carol {digest('carol-1')}\n")
    carol = callers.find("Bearer carol-1")
    assert carol is not None
    assert carol.name == "carol"
    assert callers.find("Bearer ann-1") is None


def test_a_bad_file_is_told_once_and_changes_nothing(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    callers = Callers(file)
    with caplog.at_level(logging.ERROR):
        file.write_text("dora\n")
        assert callers.find("Bearer ann-1") is not None
        assert callers.find("Bearer ann-1") is not None
    assert [record.message.startswith(f"Line 1 of {file}: ") for record in caplog.records] == [True]
    file.unlink()
    assert callers.find("Bearer ann-1") is not None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("dora", "SHA-256"),
        ("dora in-the-clear", "SHA-256"),
        (f"dora {'0' * 63}", "SHA-256"),
        (f"d/ora {'0' * 64}", "name"),
        (f"dora {'0' * 64} Generate Paint", "no method Paint"),
        (f"dora {digest('ann-1')}", "another line"),
    ],
)
def test_a_line_that_will_not_do_is_named_but_not_shown(file: Path, line: str, why: str) -> None:
    file.write_text(f"{file.read_text()}{line}\n")
    with pytest.raises(CredentialsInvalid, match=f"Line 6 of .*{why}") as caught:
        Callers(file)
    assert "in-the-clear" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_named(file: Path, content: bytes | None) -> None:
    file.unlink()
    if content:
        file.write_bytes(content)
    with pytest.raises(CredentialsInvalid, match=str(file)):
        Callers(file)


@pytest.mark.parametrize(
    ("caller", "common_names", "name"),
    [
        (ANYBODY, [], "-"),
        (None, [], "-"),
        (Caller("ann", ALL), [b"laptop-7"], "ann"),
        (ANYBODY, [b"laptop-7"], "laptop-7"),
        (None, [b"laptop-7"], "laptop-7"),
        (ANYBODY, ["Zo\u00eb\n-".encode()], "Zo%C3%AB%0A-"),
    ],
)
def test_callers_are_named_by_key_or_certificate(caller: Caller | None, common_names: list[bytes], name: str) -> None:
    assert name_of(caller, {"x509_common_name": common_names} if common_names else {}) == name
