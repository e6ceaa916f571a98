"""How trainings go: their newest figures, each time one is written."""

from typing import Final

from deploy.monitoring.dashboards.grafana import AMBER, GREEN, RED, Dashboard, Panel, Query, Row, Variable

_RUN: Final = '{run=~"$run"}'

_PROGRESS: Final = Row(
    "Progress",
    (
        Panel(
            "Done",
            "Images seen, of those of the whole run.",
            "percentunit",
            (Query(f"phiz_training_images{_RUN} / phiz_training_images_target{_RUN}", "{{run}}"),),
            kind="stat",
            width=8,
            high=1,
        ),
        Panel(
            "Time left",
            "At the speed of now.",
            "s",
            (
                Query(
                    f"(phiz_training_images_target{_RUN} - phiz_training_images{_RUN})"
                    f" / phiz_training_images_per_second{_RUN}",
                    "{{run}}",
                ),
            ),
            kind="stat",
            width=8,
        ),
        Panel(
            "Since the last report",
            "A run reports with each checkpoint, about each minute. One that has ended, or hangs, grows old.",
            "s",
            (
                Query(
                    'label_replace(time() - node_textfile_mtime_seconds{file=~".*/($run)/metrics.prom"},'
                    ' "run", "$1", "file", ".*/([^/]+)/metrics.prom")',
                    "{{run}}",
                ),
            ),
            kind="stat",
            width=8,
            steps=((None, GREEN), (600, AMBER), (3600, RED)),
        ),
    ),
)

_LOSSES: Final = Row(
    "Losses and speed",
    (
        Panel(
            "Losses",
            "Means since the report before. A loss that is not a number is not drawn, and ends the run.",
            "short",
            (Query(f"phiz_training_loss{_RUN}", "{{run}}: {{loss}}"),),
            width=12,
            low=None,
        ),
        Panel(
            "Images a second",
            "Since the report before.",
            "short",
            (Query(f"phiz_training_images_per_second{_RUN}", "{{run}}"),),
            width=12,
        ),
    ),
)

TRAINING: Final = Dashboard(
    "phiz-training",
    "Phiz: training",
    "How far trainings are, how fast, and their losses.",
    (Variable("run", "Run", "phiz_training_images"),),
    (_PROGRESS, _LOSSES),
    hours=12,
)
