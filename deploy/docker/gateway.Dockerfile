# The gateway with its models: gRPC on 8510, metrics and probes on 8511. From the repository's root:
#   docker build --file deploy/docker/gateway.Dockerfile --tag phiz-gateway:0.1.0 .
#   docker build --file deploy/docker/gateway.Dockerfile --build-arg RUNTIME=gpu --tag phiz-gateway:0.1.0-gpu .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --publish 127.0.0.1:8510:8510 phiz-gateway:0.1.0

FROM python:3.11.15-slim-bookworm AS build
# cpu or gpu, the extra of pyproject.toml. CUDA comes with it; the driver is the host's.
ARG RUNTIME=cpu
WORKDIR /src
# Without pip: nothing is installed into it later.
RUN python -m venv --without-pip /opt/phiz
COPY constraints.txt deploy/docker/constraints-gpu.txt pyproject.toml README.md ./
# What Phiz needs, before Phiz: a wheel without code brings it, and this layer stays while only our code changes.
RUN python -m pip install --no-cache-dir --constraint constraints.txt setuptools \
  && python -m pip wheel --no-deps --no-build-isolation --wheel-dir /needs . \
  && python -m pip --python /opt/phiz/bin/python install --no-cache-dir \
    --constraint constraints.txt --constraint constraints-gpu.txt "$(echo /needs/*.whl)[${RUNTIME},serving,tracing,c2pa]"
COPY proto proto
COPY serving serving
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
  && python -m pip --python /opt/phiz/bin/python install --no-cache-dir --no-deps --force-reinstall /wheels/*.whl
COPY model_repository /models
# Readable for all, whatever the umask of whoever builds.
RUN chmod -R a+rX,go-w /models

FROM python:3.11.15-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin phiz
COPY --from=build /models /models
COPY --from=build /opt/phiz /opt/phiz
ENV PATH=/opt/phiz/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    PHIZ_MODEL_REPOSITORY=/models \
    PHIZ_HOST=0.0.0.0 \
    PHIZ_HTTP_PORT=8511 \
    PHIZ_LOG_FORMAT=json
# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001
EXPOSE 8510 8511
# Ready, not merely alive: who waits for this container waits for its models. The port is plain HTTP, also under TLS.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as http; http.urlopen(f'http://127.0.0.1:{os.environ[\"PHIZ_HTTP_PORT\"]}/readyz')"]
ENTRYPOINT ["phiz"]
CMD ["serve"]
