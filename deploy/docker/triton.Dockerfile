# Triton with the models, for `phiz serve --triton HOST:8001`. From the repository's root:
#   docker build --file deploy/docker/triton.Dockerfile --tag phiz-triton:0.1.0 .
#   docker run --gpus all --read-only --tmpfs /tmp --cap-drop ALL --publish 127.0.0.1:8001:8001 phiz-triton:0.1.0

# 26.05 has ONNX Runtime 1.24.4 (by NVIDIA's compatibility matrix). The models are of opset 20 and IR version 10, which
# ONNX Runtime reads since 1.18; all of them load in 1.23.1 and 1.24.4.
FROM nvcr.io/nvidia/tritonserver:26.05-py3 AS models
COPY model_repository /models
# Readable for all, whatever the umask of whoever builds.
RUN chmod -R a+rX,go-w /models

FROM nvcr.io/nvidia/tritonserver:26.05-py3
COPY --from=models /models /models
# HOME is where CUDA keeps what it has compiled.
ENV HOME=/tmp
USER 10001:10001
EXPOSE 8000 8001 8002
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
  CMD ["python3", "-c", "import urllib.request as http; http.urlopen('http://127.0.0.1:8000/v2/health/ready')"]
# In place of NVIDIA's entry point, which first looks around and prints a licence.
ENTRYPOINT ["tritonserver"]
# Polls, so that versions that are published into a volume at /models are loaded as they come. One that is damaged
# changes nothing; which models are ready, the gateway asks for itself.
CMD ["--model-repository=/models", "--model-control-mode=poll", "--repository-poll-secs=15", \
     "--exit-on-error=false", "--strict-readiness=false"]
