"""Settings: flags, environment, defaults."""

import re
from pathlib import Path

import pytest

from serving.errors import StartupError
from serving.settings import Settings
from serving.show_config import show_config


def test_a_flag_goes_before_the_environment_and_that_before_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.read([]).max_count == 64
    monkeypatch.setenv("PHIZ_MAX_COUNT", "16")
    assert Settings.read([]).max_count == 16
    assert Settings.read(["--max-count", "8"]).max_count == 8


def test_the_models_stand_beside_the_package_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PHIZ_MODEL_REPOSITORY", raising=False)
    assert Settings().model_repository == Path(__file__).parents[2] / "model_repository"
    assert Settings.read(["--model-repository=/srv/models"]).model_repository == Path("/srv/models")


def test_a_switch_can_be_turned_off() -> None:
    assert Settings.read(["--no-reflection"]).reflection is False


def test_help_tells_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        Settings.read(["--help"])
    assert caught.value.code == 0
    told = set(re.findall(r"--([a-z0-9-]+)", capsys.readouterr().out))
    assert {name.replace("_", "-") for name in Settings.model_fields} <= told


@pytest.mark.parametrize(
    "flag",
    [
        "--max-count=0",
        "--grpc-port=65536",
        "--drain-seconds=-1",
        "--log-level=loud",
        "--log-format=xml",
        "--max-connection-age-seconds=-1",
        "--connection-grace-seconds=0",
        "--workers=0",
        "--triton=without-a-port",
        "--triton-silence-seconds=0",
        "--traces=without-a-scheme:4317",
        "--repository-poll-seconds=-1",
    ],
)
def test_what_cannot_be_is_refused(flag: str) -> None:
    name = flag.removeprefix("--").split("=")[0].replace("-", "_")
    with pytest.raises(StartupError, match=f"setting {name} is"):
        Settings.read([flag])


def test_a_wrong_value_in_the_environment_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHIZ_MAX_COUNT", "many")
    with pytest.raises(StartupError) as caught:
        Settings.read()
    assert str(caught.value).startswith("setting max_count is 'many': ")
    assert "\n" not in str(caught.value)


def test_a_wrong_name_in_the_environment_is_told_with_the_nearest_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHIZ_MAX_COUTN", "3")
    with pytest.raises(StartupError, match=r"^there is no setting PHIZ_MAX_COUTN; is it PHIZ_MAX_COUNT\?$"):
        Settings.read([])


def test_what_the_environment_tells_callers_is_no_wrong_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PHIZ_SERVER", "PHIZ_API_KEY", "PHIZ_API_KEY_FILE", "PHIZ_TLS_CA"):
        monkeypatch.setenv(name, "told")
    assert Settings.read([]).max_count == 64


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--tls-cert=a"], "tls_cert and tls_key go together"),
        (["--c2pa-key=a"], "c2pa_cert and c2pa_key go together"),
        (["--tls-client-ca=a"], "tls_client_ca needs"),
        (["--triton=a:1", "--triton-tls-ca=a", "--triton-tls-key=a"], "triton_tls_cert and triton_tls_key go together"),
        (["--triton=a:1", "--triton-tls-cert=a", "--triton-tls-key=a"], "triton_tls_cert needs triton_tls_ca"),
        (["--triton-tls-ca=a"], "triton_tls_ca needs triton"),
    ],
)
def test_files_of_credentials_that_do_nothing_alone_are_refused(flags: list[str], complaint: str) -> None:
    with pytest.raises(StartupError, match=complaint):
        Settings.read(flags)


def test_the_pixel_budget_holds_at_least_one_photograph() -> None:
    with pytest.raises(StartupError, match="max_pixels_in_flight"):
        Settings.read(["--max-image-pixels=100", "--max-pixels-in-flight=99"])


def test_the_budget_of_faces_holds_at_least_one_request() -> None:
    with pytest.raises(StartupError, match="max_faces_in_flight must be at least max_stream_count"):
        Settings.read(["--max-faces-in-flight=999"])


def test_a_mix_of_the_largest_photographs_fits_into_one_message() -> None:
    settings = Settings(max_mix_faces=3, max_image_bytes=1000)
    assert settings.max_message_bytes > 3 * 1000


def test_all_settings_are_shown_with_where_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHIZ_MAX_COUNT", "5")
    monkeypatch.setenv("PHIZ_MAX_FACES", "7")
    argv = ["--max-faces=3", "--show-config"]
    shown = dict(line.split(maxsplit=1) for line in show_config(Settings.read(argv), argv).splitlines())
    assert list(shown) == [name for name in Settings.model_fields if name != "show_config"]
    assert shown["max_count"].split() == ["5", "PHIZ_MAX_COUNT"]
    assert shown["max_faces"].split() == ["3", "flag"]
    assert shown["max_mix_faces"].split() == ["8", "default"]
