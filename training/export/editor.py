"""``editor``: a generator's directions as a graph, so that a server needs nothing but the model repository for them."""

import json
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from training.export.onnx_file import Export


class EditorGraph(nn.Module):
    """w+ [B, layers, w_dim] and strengths [B, D] to the edited w+: directions are added in every layer alike."""

    directions: Tensor

    def __init__(self, directions: Tensor) -> None:
        """``directions``: [D, w_dim]."""
        super().__init__()
        self.register_buffer("directions", directions)

    def forward(self, w_plus: Tensor, strengths: Tensor) -> Tensor:
        """The edited w+."""
        return w_plus + (strengths @ self.directions)[:, None]


def editor_exports(
    directions: Tensor, named: Sequence[Mapping[str, str]], layers: int, generator_digest: str
) -> Sequence[Export]:
    """``editor``.

    Args:
        directions: [D, w_dim] float32, the named ones first, then the components.
        named: name and description of each of the first ones.
        layers: rows of a w+.
        generator_digest: of the generator that they belong to.
    """

    def example(batch: int) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(batch)
        w_plus = torch.randn(batch, layers, directions.shape[1], generator=generator)
        return w_plus, torch.randn(batch, len(directions), generator=generator)

    return (
        Export(
            name="editor",
            graph=EditorGraph(directions),
            inputs=("w_plus", "strengths"),
            outputs=("edited",),
            example=example,
            tolerance={"edited": 1e-4},
            free={},
            metadata={"generator_digest": generator_digest, "directions": json.dumps(named)},
        ),
    )
