# Training: python -m training, with what it writes in /srv/training. From the repository's root:
#   docker build --file deploy/docker/training.Dockerfile --tag phiz-training:0.1.0 .
#   docker run --gpus all --read-only --tmpfs /tmp --cap-drop ALL --volume "$PWD/runs:/srv/training" \
#     phiz-training:0.1.0 train phiz-64 --data portraits --out generator

FROM python:3.11.15-slim-bookworm AS build
WORKDIR /src
# Without pip: nothing is installed into it later.
RUN python -m venv --without-pip /opt/phiz
COPY constraints.txt pyproject.toml README.md ./
# What Phiz needs, before Phiz: a wheel without code brings it, and this layer stays while only our code changes.
# PyTorch comes with CUDA; the driver is the host's. ONNX Runtime only checks what is exported: on the CPU.
RUN python -m pip install --no-cache-dir --constraint constraints.txt setuptools \
  && python -m pip wheel --no-deps --no-build-isolation --wheel-dir /needs . \
  && python -m pip --python /opt/phiz/bin/python install --no-cache-dir --constraint constraints.txt \
    "$(echo /needs/*.whl)[cpu,training]"
COPY proto proto
COPY training training
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
  && python -m pip --python /opt/phiz/bin/python install --no-cache-dir --no-deps --force-reinstall /wheels/*.whl

FROM python:3.11.15-slim-bookworm
# HOME is where CUDA keeps what it has compiled.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin phiz \
  && install --directory --owner phiz --group phiz /srv/training
COPY --from=build /opt/phiz /opt/phiz
ENV PATH=/opt/phiz/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /srv/training
# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001
# It ends by itself, and its exit code tells.
HEALTHCHECK NONE
ENTRYPOINT ["python", "-m", "training"]
