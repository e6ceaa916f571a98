"""Turns a differentiable function into one whose graph computes the gradient with forward operators only.

An exporter cannot follow ``autograd.grad``. So the function and its gradient are traced into one graph of plain
operators first, with the backward operators that ONNX lacks written as forward ones.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch._decomp import core_aten_decompositions
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx

_aten = torch.ops.aten


def with_gradient(loss: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], x: Tensor, target: Tensor) -> GraphModule:
    """Traces ``(x, target) -> (loss per item, gradient of its sum, picture)``.

    Args:
        loss: (x [B, ...], target [B, ...]) to (loss [B], picture [B, ...]); each item depends on itself alone.
        x: an example of what the gradient is taken by, with a batch above 1.
        target: an example of the target, with the same batch.
    """

    def value_and_gradient(x: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        def total(x: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
            losses, picture = loss(x, target)
            return losses.sum(), (losses, picture)

        gradient, (losses, picture) = torch.func.grad(total, has_aux=True)(x)
        return losses, gradient, picture

    table: dict[Any, Callable[..., Any]] = dict(core_aten_decompositions())
    table[_aten.convolution_backward.default] = _convolution_backward
    table[_aten.upsample_bilinear2d_backward.default] = _doubled_backward
    for kept in (_aten.pixel_shuffle.default, _aten.pixel_unshuffle.default, _aten.upsample_bilinear2d.vec):
        table.pop(kept, None)
    traced = make_fx(
        value_and_gradient, decomposition_table=table, tracing_mode="symbolic", _allow_non_fake_inputs=True
    )(x, target)
    traced.graph.eliminate_dead_code()
    traced.recompile()
    return traced


def _convolution_backward(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    _bias_sizes: Any,
    stride: list[int],
    padding: list[int],
    _dilation: list[int],
    _transposed: bool,
    _output_padding: list[int],
    _groups: int,
    _mask: list[bool],
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Gradient by the input alone of a plain convolution of stride 1: a convolution with the turned kernel."""
    if list(stride) != [1, 1]:
        raise NotImplementedError("only convolutions of stride 1 are inverted")
    turned = weight.transpose(0, 1).flip(2, 3)
    return F.conv2d(grad, turned, padding=weight.shape[2] - 1 - padding[0]), None, None


def _doubled_backward(
    grad: Tensor, _output_size: list[int], _input_size: list[int], _align_corners: bool, *_scales: float | None
) -> Tensor:
    """Gradient by the input of bilinear doubling: each pixel gave 3/4 to its own two, 1/4 to those beside them."""
    for dim in (2, 3):
        even, odd = grad.unflatten(dim, (-1, 2)).unbind(dim + 1)
        size = even.shape[dim]
        first, last = even.narrow(dim, 0, 1), odd.narrow(dim, size - 1, 1)
        after = torch.cat([even.narrow(dim, 1, size - 1), last], dim)
        before = torch.cat([first, odd.narrow(dim, 0, size - 1)], dim)
        grad = 0.75 * (even + odd) + 0.25 * (after + before)
    return grad
