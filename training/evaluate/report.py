"""What an evaluation leaves: metrics.json, a table, a plot, and a sheet of the made faces nearest to training faces."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phiz_core.geometry import ImageArray
from training.engine.files import told, write_whole
from training.evaluate.distances import Matrix
from training.evaluate.generator import Evaluation
from training.evaluate.memorisation import Memorisation

OF_PHOTOGRAPHS: Final = "_of_held_out_photographs"
"""Ends the names of the figures that photographs reach."""

_BETTER: Final = {
    "frechet_distance": "lower",
    "kernel_distance": "lower",
    "inception_fid": "lower",
    "sliced_wasserstein": "lower",
    "precision": "higher",
    "recall": "higher",
    "ms_ssim": "as photographs",
    "nearest_training_distance": "as photographs",
    "share_near_training": "as photographs",
    "nearest_training_distance_by_pixels": "as photographs",
    "share_near_training_by_pixels": "as photographs",
    "near_copies": "0",
}
_PAIRS: Final = 8
_MADE, _REAL = "tab:blue", "tab:orange"


def metrics(evaluation: Evaluation) -> dict[str, float | str]:
    """All figures and facts by name, flat, as model cards record them."""
    found: dict[str, float | str] = {}
    for name, (made, photographs) in evaluation.figures.items():
        found |= {name: made, name + OF_PHOTOGRAPHS: photographs}
    return found | evaluation.facts


def table(evaluation: Evaluation) -> str:
    """The figures for a terminal."""
    rows = [("figure", "made faces", "photographs", "better")]
    rows += [(name, f"{a:.4g}", f"{b:.4g}", _BETTER[name]) for name, (a, b) in evaluation.figures.items()]
    lines = [f"{name:<36} {made:>11} {photographs:>12}   {better}" for name, made, photographs, better in rows]
    return "\n".join([*lines, *(f"{name}: {value}" for name, value in evaluation.facts.items())])


def write(evaluation: Evaluation, train: ImageArray, folder: Path) -> None:
    """Writes ``metrics.json``, ``evaluation.png`` and ``neighbours.png`` into ``folder``, which is made if need be.

    ``train``: the faces that the generator was trained on, uint8 [N, S, S, 3].

    Raises:
        TrainingError: they could not be written.
    """
    with told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "evaluation.png", _plot(evaluation))
    write_whole(folder / "neighbours.png", _neighbours(evaluation, train))
    write_metrics(metrics(evaluation), folder)


def write_metrics(found: Mapping[str, float | str], folder: Path) -> None:
    """Writes ``metrics.json``."""
    write_whole(folder / "metrics.json", (json.dumps(found, indent=2) + "\n").encode())


def _plot(evaluation: Evaluation) -> bytes:
    """Each figure as two bars; the distances to training faces; the features in their two main directions."""
    bars = [name for name in evaluation.figures if not name.startswith(("near", "share"))]
    figure = plt.figure(figsize=(13, 7), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1, 1.4], squeeze=False)[:, 0]
    for name, axes in zip(bars, above.subplots(1, len(bars), squeeze=False)[0], strict=True):
        axes.bar(["made", "photos"], evaluation.figures[name], color=[_MADE, _REAL])
        axes.set_title(f"{name}\n(better: {_BETTER[name]})", fontsize=8)
        axes.tick_params(labelsize=8)
    features, pixels, scatter = below.subplots(1, 3)
    _histogram(features, evaluation.by_identity, "distance to the nearest training face, identity")
    _histogram(pixels, evaluation.by_pixels, "distance to the nearest training face, pixels")
    _scatter(scatter, evaluation.made, evaluation.real)
    return _png(figure)


def _histogram(axes: Axes, found: Memorisation, label: str) -> None:
    edges = np.linspace(0.0, max(found.made.max(), found.held_out.max()), 60).tolist()
    for distances, name, colour in ((found.made, "made", _MADE), (found.held_out, "held-out photographs", _REAL)):
        axes.hist(distances, edges, density=True, alpha=0.6, label=name, color=colour)
    axes.axvline(found.copy_limit, color="black", linestyle=":", label="a changed copy")
    axes.set_xlabel(label)
    axes.legend(fontsize=8)


def _scatter(axes: Axes, made: Matrix, real: Matrix) -> None:
    centre = real.mean(axis=0)
    _, _, directions = np.linalg.svd(real - centre, full_matrices=False)
    for features, name, colour in ((made, "made", _MADE), (real, "photographs", _REAL)):
        axes.plot(*((features - centre) @ directions[:2].T).T, ".", markersize=3, alpha=0.6, label=name, color=colour)
    axes.set_xlabel("features, first two principal components")
    axes.legend(fontsize=8)


def _neighbours(evaluation: Evaluation, train: ImageArray) -> bytes:
    """The nearest pairs in either space, the made face above its training face."""
    figure, axes = plt.subplots(4, _PAIRS, figsize=(1.5 * _PAIRS, 7.2), layout="constrained")
    for row, (found, unit) in enumerate(((evaluation.by_identity, "identity"), (evaluation.by_pixels, "pixels"))):
        closest = np.argsort(found.made)[:_PAIRS]
        axes[2 * row, 0].set_ylabel("made")
        axes[2 * row + 1, 0].set_ylabel("training")
        for made, (above, below) in zip(closest, axes[2 * row : 2 * row + 2].T, strict=False):
            above.imshow(evaluation.images[made])
            below.imshow(train[found.nearest[made]])
            above.set_title(f"{found.made[made]:.3g} {unit}", fontsize=8)
    for panel in axes.flat:
        panel.set_xticks([])
        panel.set_yticks([])
    return _png(figure)


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    plt.close(figure)
    return file.getvalue()
