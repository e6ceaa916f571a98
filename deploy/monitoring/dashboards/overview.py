"""The first page for the person on call: is it well, and if not, what is not."""

from typing import Final

from deploy.monitoring.dashboards.grafana import AMBER, GREEN, HERE, NAMESPACE, RED, Dashboard, Panel, Query, Row

_FAILED: Final = 'grpc_code=~"UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS"'
_TURNED_AWAY: Final = (
    'grpc_code=~"CANCELLED|INVALID_ARGUMENT|NOT_FOUND|FAILED_PRECONDITION|RESOURCE_EXHAUSTED|UNAUTHENTICATED|'
    'PERMISSION_DENIED"'
)

_AT_A_GLANCE: Final = Row(
    "At a glance",
    (
        Panel(
            "Alerts that fire",
            "Each is named, with its runbook, in Alertmanager.",
            "short",
            (Query('count(ALERTS{alertname=~"Phiz.*",alertstate="firing"}) or vector(0)'),),
            kind="stat",
            width=3,
            steps=((None, GREEN), (1, RED)),
        ),
        Panel(
            "Error budget, 30 days",
            "What is left of the 0.1 % of requests that may fail. 100 %: none has; 0 %: as many as may; below: more.",
            "percentunit",
            (Query(f"1 - max(phiz:error_ratio:30d{{{HERE}}}) / 0.001"),),
            kind="stat",
            width=3,
            steps=((None, RED), (0, AMBER), (0.25, GREEN)),
            low=None,
        ),
        Panel(
            "Failing, 5 min",
            "Requests that end with a code that is the server's fault.",
            "percentunit",
            (Query(f"max(phiz:error_ratio:5m{{{HERE}}} >= 0) or vector(0)"),),
            kind="stat",
            width=3,
            steps=((None, GREEN), (0.001, AMBER), (0.0144, RED)),
        ),
        Panel(
            "Requests",
            "Ended, whatever the result.",
            "reqps",
            (Query(f"sum(phiz:requests:rate5m{{{HERE}}})"),),
            kind="stat",
            width=3,
        ),
        Panel(
            "Refused, 5 min",
            "Requests refused for lack of room: the caller is told when to come again.",
            "percentunit",
            (Query(f'sum(phiz:rejected_ratio:5m{{{HERE},reason!="DRAINING"}}) or vector(0)'),),
            kind="stat",
            width=3,
            steps=((None, GREEN), (0.01, AMBER), (0.05, RED)),
        ),
        Panel(
            "In flight, of what may be",
            "Requests, pixels or faces, whichever is nearest to its bound at any gateway.",
            "percentunit",
            (Query(f"max(phiz:in_flight_ratio{{{HERE}}})"),),
            kind="stat",
            width=3,
            steps=((None, GREEN), (0.6, AMBER), (0.8, RED)),
        ),
        Panel(
            "Models not ready",
            "Of all gateways; the page Models names them.",
            "short",
            (Query(f"count(max by (instance, model) (phiz_model_ready{{{HERE}}}) == 0) or vector(0)"),),
            kind="stat",
            width=3,
            steps=((None, GREEN), (1, RED)),
        ),
        Panel(
            "Gateways",
            "That answer Prometheus, whether they are ready or not.",
            "short",
            (Query(f"count(phiz_build_info{{{HERE}}}) or vector(0)"),),
            kind="stat",
            width=3,
            steps=((None, RED), (1, GREEN)),
        ),
    ),
)

_RATE: Final = Row(
    "Rate and errors",
    (
        Panel(
            "Requests by RPC",
            "Ended, whatever the result.",
            "reqps",
            (Query(f"sum by (grpc_method) (phiz:rpc_requests:rate5m{{{HERE}}}) > 0", "{{grpc_method}}"),),
            width=6,
            stacked=True,
        ),
        Panel(
            "Requests that fail, by RPC",
            "Share of the RPC's requests that end with a code that is the server's fault.",
            "percentunit",
            (
                Query(
                    f"sum by (grpc_method) (phiz:rpc_requests:rate5m{{{HERE},{_FAILED}}})"
                    f" / (sum by (grpc_method) (phiz:rpc_requests:rate5m{{{HERE}}}) > 0)",
                    "{{grpc_method}}",
                ),
            ),
            width=6,
        ),
        Panel(
            "Failures by code",
            "The server's fault; these use up the error budget.",
            "reqps",
            (Query(f"sum by (grpc_code) (phiz:rpc_requests:rate5m{{{HERE},{_FAILED}}})", "{{grpc_code}}"),),
            width=6,
        ),
        Panel(
            "Not the server's fault, by code",
            "What callers did wrong, gave up (CANCELLED) or were refused (RESOURCE_EXHAUSTED).",
            "reqps",
            (Query(f"sum by (grpc_code) (phiz:rpc_requests:rate5m{{{HERE},{_TURNED_AWAY}}})", "{{grpc_code}}"),),
            width=6,
        ),
    ),
)

_LATENCY: Final = Row(
    "Latency",
    (
        Panel(
            "p99 by RPC",
            "One request of a hundred takes longer. Objectives: 1 s for Generate, Align, Inspect and ListModels; "
            "5 s for Colorize, Translate and Upscale; 20 s for Invert, Mix, Edit and Average. Streams have none.",
            "s",
            (Query(f"max by (grpc_method) (phiz:rpc_seconds:p99_5m{{{HERE}}} >= 0)", "{{grpc_method}}"),),
            logarithmic=True,
        ),
        Panel(
            "p50 by RPC",
            "Half of the requests take longer.",
            "s",
            (Query(f"max by (grpc_method) (phiz:rpc_seconds:p50_5m{{{HERE}}} >= 0)", "{{grpc_method}}"),),
            logarithmic=True,
        ),
        Panel(
            "How fast the error budget is used up",
            "1: just so that it lasts 30 days. Beyond 14.4 in an hour, or 6 in 6 hours, somebody is woken.",
            "short",
            tuple(
                Query(f"max(phiz:error_ratio:{window}{{{HERE}}} >= 0) / 0.001", window) for window in ("1h", "6h", "3d")
            ),
            steps=((None, GREEN), (1, AMBER), (14.4, RED)),
            limits=True,
        ),
    ),
)

_SATURATION: Final = Row(
    "Saturation",
    (
        Panel(
            "In flight, of what may be",
            "The fullest gateway. At 100 % requests are refused, and one caller alone already at 75 %.",
            "percentunit",
            (Query(f"max by (of) (phiz:in_flight_ratio{{{HERE}}})", "{{of}}"),),
            steps=((None, GREEN), (0.8, RED)),
            limits=True,
            high=1,
        ),
        Panel(
            "Mean wait for a model",
            "In the gateway's queues, or in Triton's. More than a second for ten minutes is an alert.",
            "s",
            (Query(f"max by (model) (phiz:queue_seconds:mean5m{{{HERE}}})", "{{model}}"),),
        ),
        Panel(
            "Refused, by reason",
            "What is full: a model's queue, requests, pixels, faces, or one caller's share. DRAINING: it stops.",
            "reqps",
            (Query(f"sum by (reason) (rate(phiz_rejected_total{{{HERE}}}[5m]))", "{{reason}}"),),
        ),
        Panel(
            "Cores used by a gateway",
            "Empty with --workers above 1.",
            "short",
            (
                Query(
                    f"rate(process_cpu_seconds_total{{{HERE}}}[5m]) and on (instance) phiz_build_info", "{{instance}}"
                ),
            ),
        ),
        Panel(
            "Memory of a gateway",
            "Resident. Empty with --workers above 1.",
            "bytes",
            (Query(f"process_resident_memory_bytes{{{HERE}}} and on (instance) phiz_build_info", "{{instance}}"),),
        ),
        Panel(
            "Requests in flight",
            "By gateway.",
            "short",
            (Query(f"phiz_requests_in_flight{{{HERE}}}", "{{instance}}"),),
        ),
    ),
)

OVERVIEW: Final = Dashboard(
    "phiz-overview",
    "Phiz: overview",
    "Is it well, and if not, what is not: rate, errors, latency and saturation, by RPC.",
    (NAMESPACE,),
    (_AT_A_GLANCE, _RATE, _LATENCY, _SATURATION),
)
