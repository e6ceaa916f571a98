"""Until when certificates are valid."""

import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.certificate import expiry_timestamp_seconds
from tests.certificates import NEW_KEY


def certificate(folder: Path, days: int) -> bytes:
    file = folder / f"{days}.pem"
    command = ["openssl", "req", "-x509", "-subj", "/CN=x", "-days", str(days), *NEW_KEY]
    command += ["-keyout", str(folder / "key"), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file.read_bytes()


def said_by_openssl(pem: bytes) -> float:
    command = ["openssl", "x509", "-noout", "-enddate", "-dateopt", "iso_8601"]
    said = subprocess.run(command, input=pem, check=True, capture_output=True).stdout.decode().strip()
    return datetime.strptime(said, "notAfter=%Y-%m-%d %H:%M:%SZ").replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("days", [1, 90, 365 * 40])
def test_it_is_what_openssl_says_also_beyond_2050(tmp_path: Path, days: int) -> None:
    """From 2050 on, dates are written in another form."""
    pem = certificate(tmp_path, days)
    assert expiry_timestamp_seconds(pem) == said_by_openssl(pem)
    expected = (datetime.now(UTC) + timedelta(days=days)).timestamp()
    assert expiry_timestamp_seconds(pem) == pytest.approx(expected, abs=120)


def test_of_a_chain_the_first_to_expire_counts(tmp_path: Path) -> None:
    early, late = (certificate(tmp_path, days) for days in (1, 90))
    assert expiry_timestamp_seconds(late + early) == expiry_timestamp_seconds(early)


@pytest.mark.parametrize("pem", [b"", b"\xff", b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"])
def test_what_is_none_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        expiry_timestamp_seconds(pem)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return certificate(tmp_path_factory.mktemp("certificates"), 1)


@given(st.data())
def test_damaged_ones_give_a_moment_or_a_value_error(whole: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + data.draw(st.integers(0, 40)) :]
    with suppress(ValueError):
        assert isinstance(expiry_timestamp_seconds(damaged), float)
