"""Where the time of a request goes."""

from typing import Final

from deploy.monitoring.dashboards.grafana import HERE, NAMESPACE, Dashboard, Panel, Query, Row, Variable

_RPC: Final = f'{HERE},rpc=~"$rpc"'


def _quantile(share: float) -> str:
    return (
        f"histogram_quantile({share:g}, sum by (stage, le) (rate(phiz_stage_seconds_bucket{{{_RPC}}}[5m])))"
        f" and on (stage) sum by (stage) (rate(phiz_stage_seconds_count{{{_RPC}}}[5m])) > 0"
    )


_TIME: Final = Row(
    "Where the time goes",
    (
        Panel(
            "Time in each stage",
            "Seconds that requests spend in a stage each second: the highest is where to look first. Threads decode, "
            "align and encode; queue and infer are the models'.",
            "s",
            (Query(f"sum by (stage) (rate(phiz_stage_seconds_sum{{{_RPC}}}[5m]))", "{{stage}}"),),
            width=12,
            stacked=True,
        ),
        Panel(
            "Time of each RPC, all stages",
            "Seconds that requests of an RPC spend each second.",
            "s",
            (Query(f"sum by (rpc) (rate(phiz_stage_seconds_sum{{{_RPC}}}[5m])) > 0", "{{rpc}}"),),
            width=12,
            stacked=True,
        ),
        Panel("p50 by stage", "Half of the runs of a stage take longer.", "s", (Query(_quantile(0.5), "{{stage}}"),)),
        Panel("p99 by stage", "One run of a hundred takes longer.", "s", (Query(_quantile(0.99), "{{stage}}"),)),
        Panel(
            "Runs of each stage",
            "How often; a request may run a stage several times, or not at all.",
            "ops",
            (Query(f"sum by (stage) (rate(phiz_stage_seconds_count{{{_RPC}}}[5m]))", "{{stage}}"),),
        ),
    ),
)

_CONTENT: Final = Row(
    "What requests hold",
    (
        Panel(
            "Faces in a photograph",
            "Mean of those found.",
            "short",
            (
                Query(
                    f"sum(rate(phiz_faces_per_image_sum{{{HERE}}}[5m]))"
                    f" / (sum(rate(phiz_faces_per_image_count{{{HERE}}}[5m])) > 0)",
                    "faces",
                ),
            ),
        ),
        Panel(
            "Pixels in flight, of what may be",
            "Those of the photographs of requests in flight; the fullest gateway.",
            "percentunit",
            (Query(f'max(phiz:in_flight_ratio{{{HERE},of="pixels"}})', "pixels"),),
            high=1,
        ),
        Panel(
            "Requests given an earlier answer",
            "Sent again under the same x-request-id: while the first one ran, or after it was answered.",
            "reqps",
            (Query(f"sum by (earlier) (rate(phiz_requests_repeated_total{{{HERE}}}[5m]))", "{{earlier}}"),),
        ),
    ),
)

STAGES: Final = Dashboard(
    "phiz-stages",
    "Phiz: stages",
    "Where the time of a request goes: decode, align, queue, infer, compose, encode.",
    (NAMESPACE, Variable("rpc", "RPC", "phiz_stage_seconds_count")),
    (_TIME, _CONTENT),
)
