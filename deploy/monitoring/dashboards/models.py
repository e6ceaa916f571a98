"""The models, where they run, and how well they do."""

from typing import Final

from deploy.monitoring.dashboards.grafana import (
    AMBER,
    GREEN,
    HERE,
    NAMESPACE,
    RED,
    Dashboard,
    Panel,
    Query,
    Row,
    Variable,
)

_MODEL: Final = f'{HERE},model=~"$model"'


def _per(total: str, count: str) -> str:
    """The mean of what a counter adds up, by model, where there was any."""
    return f"sum by (model) (rate({total}{{{_MODEL}}}[5m])) / (sum by (model) (rate({count}{{{_MODEL}}}[5m])) > 0)"


def _either(gateway: str, triton: str, operation: str = "sum by (model)") -> str:
    """Of a gateway that runs models itself, or of Triton."""
    return f"{operation} ({gateway}) > 0 or {operation} ({triton})"


_READY: Final = Row(
    "Ready",
    (
        Panel(
            "Models",
            "Green: some version is ready at every gateway.",
            "short",
            (Query(f"min by (model) (max by (instance, model) (phiz_model_ready{{{_MODEL}}}))", "{{model}}"),),
            kind="stat",
            width=24,
            steps=((None, RED), (1, GREEN)),
            names=((0, "not ready"), (1, "ready")),
        ),
    ),
)

_WORK: Final = Row(
    "Work",
    (
        Panel(
            "Inferences",
            "Rows that a model computes.",
            "ops",
            (
                Query(
                    _either(f"rate(phiz_batch_size_sum{{{_MODEL}}}[5m])", f"rate(nv_inference_count{{{_MODEL}}}[5m])"),
                    "{{model}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Rows of a batch",
            "Mean. Higher uses a GPU better; lower under load means that requests do not meet.",
            "short",
            (
                Query(
                    _per("phiz_batch_size_sum", "phiz_batch_size_count")
                    + " or "
                    + _per("nv_inference_count", "nv_inference_exec_count"),
                    "{{model}}",
                ),
            ),
        ),
        Panel(
            "Mean wait",
            "In the gateway's queues, or in Triton's.",
            "s",
            (Query(f"max by (model) (phiz:queue_seconds:mean5m{{{_MODEL}}})", "{{model}}"),),
            steps=((None, GREEN), (1, RED)),
        ),
        Panel(
            "Requests that wait",
            "At this moment; their number is bounded by max_queue_size in config.pbtxt.",
            "short",
            (
                Query(
                    f"sum by (model) (phiz_queue_depth{{{_MODEL}}})"
                    f" + on (model) (sum by (model) (nv_inference_pending_request_count{{{_MODEL}}})"
                    f" or 0 * sum by (model) (phiz_queue_depth{{{_MODEL}}}))",
                    "{{model}}",
                ),
            ),
        ),
        Panel(
            "Triton: time of an execution",
            "Mean time that a batch computes, without waiting and copying.",
            "s",
            (Query(_per("nv_inference_compute_infer_duration_us", "nv_inference_exec_count") + " / 1e6", "{{model}}"),),
        ),
        Panel(
            "Triton: failures",
            "As Triton counts them; it does not count all.",
            "reqps",
            (
                Query(
                    f"sum by (reason) (rate(nv_inference_request_failure{{{_MODEL}}}[5m]))",
                    "{{reason}}",
                ),
            ),
        ),
    ),
)

_GPUS: Final = Row(
    "GPUs of Triton",
    (
        Panel(
            "GPU: busy",
            "Share of the time in which it computes anything.",
            "percentunit",
            (Query(f"nv_gpu_utilization{{{HERE}}}", "{{gpu_uuid}}"),),
            high=1,
        ),
        Panel(
            "GPU: memory in use",
            "More than 90 % for a quarter of an hour is an alert.",
            "percentunit",
            (Query(f"phiz:gpu_memory_ratio{{{HERE}}}", "{{gpu_uuid}}"),),
            steps=((None, GREEN), (0.9, RED)),
            limits=True,
            high=1,
        ),
        Panel("GPU: power", "Drawn now.", "watt", (Query(f"nv_gpu_power_usage{{{HERE}}}", "{{gpu_uuid}}"),)),
    ),
)


def _quantiles(metric: str) -> tuple[Query, ...]:
    return tuple(
        Query(f"histogram_quantile({share:g}, sum by (le) (rate({metric}_bucket{{{HERE}}}[5m])))", f"p{100 * share:g}")
        for share in (0.5, 0.9)
    )


_QUALITY: Final = Row(
    "How well faces are found again",
    (
        Panel(
            "Inversion: loss",
            "Mean squared error, pixels in 0..1; half of the faces, and one of ten, have more.",
            "short",
            _quantiles("phiz_inversion_loss"),
        ),
        Panel(
            "Inversion: loss against last week's",
            "Mean of 6 hours over that of 7 days. More than 1.5 is an alert.",
            "percentunit",
            (Query(f"max(phiz:inversion_loss:mean6h{{{HERE}}} / phiz:inversion_loss:mean7d{{{HERE}}})", "ratio"),),
            steps=((None, GREEN), (1.25, AMBER), (1.5, RED)),
            limits=True,
        ),
        Panel(
            "Inversion: evaluations",
            "Of the generator, in one inversion: what callers ask for. Fewer give more loss.",
            "short",
            _quantiles("phiz_inversion_evaluations"),
        ),
    ),
)

MODELS: Final = Dashboard(
    "phiz-models",
    "Phiz: models and GPUs",
    "Which models are ready, what they do, how long requests wait for them, and how well they do.",
    (NAMESPACE, Variable("model", "Model", "phiz_model_ready")),
    (_READY, _WORK, _GPUS, _QUALITY),
)
