"""All that can be set: by flag (``--max-count 16``), else by environment (``PHIZ_MAX_COUNT=16``), else the default."""

import difflib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, CliApp, SettingsConfigDict

from serving.errors import StartupError
from serving.logs import LogFormat

Port = Annotated[int, Field(ge=0, le=65535)]
MEBIBYTE = 1 << 20

_OF_CALLERS: Final = frozenset({"PHIZ_SERVER", "PHIZ_API_KEY", "PHIZ_API_KEY_FILE", "PHIZ_TLS_CA"})
"""What the environment tells the client's commands, in ``phiz.cli.options``."""


class Settings(BaseSettings):
    """Serves portraits over gRPC."""

    model_config = SettingsConfigDict(
        env_prefix="PHIZ_",
        frozen=True,
        cli_prog_name="phiz serve",
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_hide_none_type=True,
    )

    model_repository: Path = Field(
        default=Path(__file__).resolve().parent.parent / "model_repository",
        description="Folder of the models.",
    )
    repository_poll_seconds: float = Field(
        default=10.0, ge=0, description="Time between two looks for new versions of the models; 0 for none."
    )
    triton: str | None = Field(
        default=None,
        pattern=r"^\S+:\d+$",
        description="HOST:PORT of the gRPC of a Triton that serves the same folder, to run the models there.",
    )
    triton_silence_seconds: float = Field(
        default=10.0, gt=0, description="Time without an answer from Triton after which it counts as lost."
    )
    triton_tls_ca: Path | None = Field(
        default=None,
        description="Certificates in PEM, one of which must have issued Triton's; none to call it in plain text.",
    )
    triton_tls_cert: Path | None = Field(
        default=None, description="The gateway's own certificate, in PEM, for a Triton that asks for one (mutual TLS)."
    )
    triton_tls_key: Path | None = Field(default=None, description="Its private key, in PEM.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    http_host: str | None = Field(default=None, description="Address of the HTTP port, where it is another one.")
    grpc_port: Port = Field(default=8510, description="Port of gRPC; 0 takes a free one.")
    http_port: Port = Field(default=8511, description="Port of /metrics, /livez and /readyz; 0 takes a free one.")
    reflection: bool = Field(default=True, description="Whether the contract can be asked for over gRPC.")
    max_connection_age_seconds: float = Field(
        default=0.0,
        ge=0,
        le=1_000_000,
        description="Time after which a caller has to connect anew, and may find others; 0 for none.",
    )
    connection_grace_seconds: float = Field(
        default=120.0,
        ge=0.001,
        le=1_000_000,
        description="Time that the requests of a connection which is too old have to end.",
    )
    tls_cert: Path | None = Field(
        default=None, description="Certificate of the server, in PEM, read again when it changes; none for plain text."
    )
    tls_key: Path | None = Field(default=None, description="Its private key, in PEM.")
    tls_client_ca: Path | None = Field(
        default=None, description="Certificates in PEM, one of which must have issued each caller's (mutual TLS)."
    )
    api_keys: Path | None = Field(
        default=None,
        description="File of the callers: name, SHA-256 of the key, methods (all if none); read again when it changes.",
    )
    c2pa_cert: Path | None = Field(
        default=None,
        description="Certificate to sign the Content Credentials (C2PA) of pictures with, in PEM.",
    )
    c2pa_key: Path | None = Field(default=None, description="Its private key, in PEM.")
    c2pa_trust: Path | None = Field(
        default=None,
        description="Certificates in PEM whose signers Inspect trusts; none not to verify Content Credentials.",
    )
    drain_seconds: float = Field(default=30.0, ge=0, description="Time that requests have to end after SIGTERM.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What to log.")
    traces: str | None = Field(
        default=None,
        pattern=r"^https?://\S+:\d+$",
        description="http://HOST:PORT of a collector that takes OpenTelemetry's traces (OTLP over gRPC).",
    )
    log_format: LogFormat = Field(default="text", description="Lines for people, or JSON objects.")

    workers: int = Field(default=1, ge=1, description="Processes that share the port; limits in flight are of each.")
    worker_threads: int = Field(default=4, ge=1, description="Threads that decode, find faces and encode.")
    intra_op_threads: int = Field(
        default=0, ge=0, description="Threads of one inference; 0 shares the usable cores out."
    )
    max_requests_in_flight: int = Field(default=64, ge=1, description="Requests at a time; more are refused.")
    max_pixels_in_flight: int = Field(default=96_000_000, ge=1, description="Pixels of decoded photographs at a time.")
    max_faces_in_flight: int = Field(
        default=2048, ge=1, description="Faces and frames at a time that requests make, mix and average."
    )

    max_request_seconds: float = Field(
        default=600.0, gt=0, description="Time that a request may take, whatever its deadline."
    )

    idempotency_seconds: float = Field(
        default=300.0,
        ge=0,
        description="Time that an answer is kept for the same request under the same id; 0 for none.",
    )
    idempotency_bytes: int = Field(default=64 * MEBIBYTE, ge=1, description="Size of the answers kept; the oldest go.")

    max_image_bytes: int = Field(default=20 * MEBIBYTE, ge=1, description="Size of a photograph's file.")
    max_image_pixels: int = Field(default=24_000_000, ge=1, description="Width times height of a photograph.")
    max_count: int = Field(default=64, ge=1, description="Faces of one Generate call.")
    max_stream_count: int = Field(default=1000, ge=1, description="Faces of one GenerateStream call.")
    max_faces: int = Field(default=64, ge=1, description="Faces that are looked for in a photograph, the surest ones.")
    min_face_px: int = Field(default=16, ge=1, description="Side of a face's box below which it is passed over.")
    max_mix_faces: int = Field(default=8, ge=2, description="Faces of one Mix or Morph call.")
    max_morph_frames: int = Field(default=240, ge=2, description="Frames of one Morph call.")
    max_average_faces: int = Field(default=64, ge=2, description="Faces of one Average call.")
    max_output_px: int = Field(default=2048, ge=16, description="Longest side that a caller may ask for.")
    max_evaluations: int = Field(default=400, ge=0, description="Evaluations that a caller may ask of one inversion.")

    show_config: bool = Field(default=False, description="Print all settings and where they come from, and exit.")

    @property
    def probes_host(self) -> str:
        """Address of /metrics, /livez and /readyz."""
        return self.http_host or self.host

    @property
    def max_message_bytes(self) -> int:
        """Largest request: a Mix or Morph whose faces are all photographs as large as may be. Average has no more."""
        return self.max_mix_faces * self.max_image_bytes + MEBIBYTE

    @model_validator(mode="after")
    def _one_photograph_fits_the_budget(self) -> Self:
        if self.max_pixels_in_flight < self.max_image_pixels:
            raise ValueError("max_pixels_in_flight must be at least max_image_pixels, or a photograph never fits")
        return self

    @model_validator(mode="after")
    def _one_request_fits_the_budget(self) -> Self:
        for name in ("max_count", "max_stream_count", "max_mix_faces", "max_morph_frames", "max_average_faces"):
            if self.max_faces_in_flight < getattr(self, name):
                raise ValueError(f"max_faces_in_flight must be at least {name}, or such a request never fits")
        return self

    @model_validator(mode="after")
    def _certificate_and_key_go_together(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together")
        if self.tls_client_ca is not None and self.tls_cert is None:
            raise ValueError("tls_client_ca needs tls_cert and tls_key")
        if (self.c2pa_cert is None) != (self.c2pa_key is None):
            raise ValueError("c2pa_cert and c2pa_key go together")
        if (self.triton_tls_cert is None) != (self.triton_tls_key is None):
            raise ValueError("triton_tls_cert and triton_tls_key go together")
        if self.triton_tls_cert is not None and self.triton_tls_ca is None:
            raise ValueError("triton_tls_cert needs triton_tls_ca")
        if self.triton_tls_ca is not None and self.triton is None:
            raise ValueError("triton_tls_ca needs triton")
        return self

    def unguarded(self) -> Self:
        """The same without TLS and API keys: for callers that the operating system lets in, at a private socket."""
        return self.model_copy(update=dict.fromkeys(("tls_cert", "tls_key", "tls_client_ca", "api_keys")))

    @classmethod
    def read(cls, argv: Sequence[str] | None = None) -> Self:
        """Reads flags (none where ``argv`` is None) over the environment; ``--help`` leaves by SystemExit.

        Raises:
            StartupError: a setting has a wrong value, or the environment has one that does not exist; says which, and
                what is wrong with it.
        """
        _check_names(os.environ)
        try:
            return cls() if argv is None else CliApp.run(cls, cli_args=list(argv))
        except ValidationError as error:
            raise StartupError("; ".join(_complaint(each) for each in error.errors())) from error


def _check_names(environment: Iterable[str]) -> None:
    """Raises:
    StartupError: a variable is named as settings are, and is none; says which, and what it may have been meant to be.
    """
    prefix = Settings.model_config["env_prefix"]
    known = {prefix + name.upper() for name in Settings.model_fields} | _OF_CALLERS
    for name in sorted(environment):
        if name.upper().startswith(prefix) and name.upper() not in known:
            near = "".join(f"; is it {each}?" for each in difflib.get_close_matches(name.upper(), known, n=1))
            raise StartupError(f"there is no setting {name}{near}")


def _complaint(error: ErrorDetails) -> str:
    if not error["loc"]:
        return error["msg"].removeprefix("Value error, ")
    name = str(error["loc"][0]).removeprefix(Settings.model_config["env_prefix"].lower())
    return f"setting {name} is {error['input']!r}: {error['msg']}"
