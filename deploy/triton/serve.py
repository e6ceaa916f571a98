"""Serves a model repository by the Triton of the nvidia-pytriton wheel, without a container or a GPU.

    .venv/triton/bin/python deploy/triton/serve.py [--port 8001] [option of tritonserver ...]

The wheel carries tritonserver and its python backend; the backend ``onnxruntime`` stands beside this file. Run it by
the python of the environment that has the wheel and onnxruntime. The process becomes tritonserver's: signals reach it.
"""

import argparse
import os
import shutil
import site
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Becomes tritonserver."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-repository", type=Path, default=HERE.parent.parent / "model_repository")
    parser.add_argument("--backends", type=Path, default=HERE.parent.parent / "build" / "triton-backends")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001, help="port of gRPC; HTTP and metrics are off")
    args, more = parser.parse_known_args()

    packages = Path(site.getsitepackages()[0])
    triton = packages / "pytriton" / "tritonserver"
    if not triton.is_dir():
        sys.exit(f"{sys.executable} has no nvidia-pytriton; make .venv/triton/installed makes such an environment")
    assemble(triton, args.backends)
    libraries = (packages / "nvidia_pytriton.libs", Path(sysconfig.get_config_var("LIBDIR")))
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",  # whose packages the models' processes import
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
    }
    command = [
        str(triton / "bin" / "tritonserver"),
        f"--model-repository={args.model_repository}",
        f"--backend-directory={args.backends}",
        f"--grpc-address={args.host}",
        f"--grpc-port={args.port}",
        "--allow-http=false",
        "--allow-metrics=false",
        *more,
    ]
    os.execve(command[0], command, environment)  # noqa: S606 - no shell is the point


def assemble(triton: Path, backends: Path) -> None:
    """Copies the backends together: Triton takes no links out of their folder."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    files = {
        "python/libtriton_python.so": triton / "backends" / "python" / "libtriton_python.so",
        "python/triton_python_backend_utils.py": triton / "backends" / "python" / "triton_python_backend_utils.py",
        "python/triton_python_backend_stub": triton / "python_backend_stubs" / python / "triton_python_backend_stub",
        "onnxruntime/model.py": HERE / "onnxruntime" / "model.py",
    }
    for name, source in files.items():
        (backends / name).parent.mkdir(parents=True, exist_ok=True)
        unfinished = backends / f"{name}.{os.getpid()}"  # another Triton may have the file mapped
        shutil.copy(source, unfinished)
        unfinished.replace(backends / name)


if __name__ == "__main__":
    main()
