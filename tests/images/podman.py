"""Images that are really built, and containers of them that really run: by podman, as root, without a daemon."""

import ast
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.tools import ROOT, system_tool

BUILD_SECONDS: Final = 1800
GUARDED: Final = (
    "--read-only",
    "--read-only-tmpfs=false",
    "--tmpfs=/tmp",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
)
"""How docs and deploy/compose have containers run."""

_LIMITS: Final = ("--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096")
_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Podman:
    """A podman with a storage of its own."""

    storage: Path

    def __call__(self, *arguments: str | Path, timeout_seconds: float = 120) -> str:
        """What a command prints. Fails the test where the command fails."""
        ended = self._run(arguments, timeout_seconds)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def succeeds(self, *arguments: str | Path) -> bool:
        """Whether a command exits with 0."""
        return self._run(arguments).returncode == 0

    def pretend(self, root: Path, image: str) -> None:
        """Gives a tar file of a root filesystem the name of a public image, which cannot be had here."""
        self("import", "--quiet", root, image)

    def build(self, dockerfile: str, image: str) -> None:
        """Builds a Dockerfile of deploy/docker, unchanged. Its pip is set up as this machine's."""
        with tempfile.TemporaryDirectory() as folder:
            volumes = [f"--volume={source}:{target}:ro" for source, target in _pip_files(Path(folder))]
            flags = ("--isolation=chroot", "--format=docker", "--pull-never", "--layers=false", "--quiet")
            file = ROOT / "deploy" / "docker" / dockerfile
            self("build", *flags, *volumes, "--file", file, "--tag", image, ROOT, timeout_seconds=BUILD_SECONDS)

    @contextmanager
    def running(self, image: str, *flags: str) -> Iterator[str]:
        """A container in the background, in this machine's network; its id."""
        container = self("run", "--detach", "--network=host", "--pull=never", *_LIMITS, *GUARDED, *flags, image).strip()
        try:
            yield container
        finally:
            self("rm", "--force", "--time=0", container)

    def ended(self, image: str, *arguments: str, entrypoint: str | None = None) -> "subprocess.CompletedProcess[str]":
        """A container that has run to its end."""
        flags = [*_LIMITS, *GUARDED, "--rm", "--pull=never", "--network=none"]
        if entrypoint is not None:
            flags.append(f"--entrypoint={entrypoint}")
        return self._run(["run", *flags, image, *arguments])

    def _run(self, arguments: Sequence[str | Path], timeout_seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        # runc, for crun refuses machines that have both versions of control groups.
        options = ("--runtime=runc", "--cgroup-manager=cgroupfs", "--events-backend=none", "--log-level=fatal")
        folders = ("--root", self.storage / "root", "--runroot", self.storage / "run")
        command = ("podman", *options, *folders, *arguments)
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout_seconds, check=False)


@contextmanager
def podman() -> Iterator[Podman]:
    """Podman for a while. Skips the test where it cannot be had, but not in CI."""
    for program in ("podman", "runc"):
        system_tool(program, program)
    storage = Path(tempfile.mkdtemp(prefix="phiz-images-"))
    try:
        yield Podman(storage)
    finally:
        subprocess.run(["umount", "--quiet", "--recursive", storage / "root" / "overlay"], check=False)
        shutil.rmtree(storage)


def python_root(file: Path) -> Path:
    """A tar file of a root filesystem that answers as ``python:3.11-slim-bookworm`` does: Debian's, with its Python.

    Made at ``file`` where it is not there yet.
    """
    if file.exists():
        return file
    debootstrap = system_tool("debootstrap", "debootstrap")
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        packages = "--include=ca-certificates,python3,python3-pip"
        command: list[str | Path] = [debootstrap, "--variant=minbase", packages, "bookworm", root, *_mirror()]
        subprocess.run(command, check=True, capture_output=True, timeout=BUILD_SECONDS)
        for name in ("python", "python3"):
            (root / "usr" / "local" / "bin" / name).symlink_to("/usr/bin/python3")
        # Only Debian's own Python refuses to install into itself.
        (root / "usr" / "lib" / "python3.11" / "EXTERNALLY-MANAGED").unlink()
        unfinished = file.with_suffix(".unfinished")
        with tarfile.open(unfinished, "w") as archive:
            archive.add(root, arcname=".")
        unfinished.replace(file)
    return file


def _mirror() -> list[str]:
    """Where this machine's apt gets bookworm from; nothing where it does not, which leaves debootstrap's default."""
    formatted = ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"]
    lines = subprocess.run(formatted, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split()[1] for line in lines if line.startswith("bookworm ")][:1]


def _pip_files(folder: Path) -> Iterator[tuple[Path, Path]]:
    """This machine's configuration of pip, as files and where a container must have them."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    values = dict(re.findall(r"^(?:global|:env:)\.(\S+?)=(.*)$", shown, re.MULTILINE))
    settings = {name: ast.literal_eval(value).split() for name, value in values.items()}
    configuration = folder / "pip.conf"
    configuration.write_text(
        "[global]\n" + "".join(f"{name} = {' '.join(words)}\n" for name, words in settings.items())
    )
    yield configuration, Path("/etc/pip.conf")
    if _CERTIFICATES.exists():
        yield _CERTIFICATES, _CERTIFICATES
    for word in {word for words in settings.values() for word in words}:
        # The packages of an index in the file system lie beside it.
        path = Path(word.removeprefix("file://")).parent if word.startswith("file://") else Path(word)
        if path.is_absolute() and path.is_dir():
            yield path, path
