"""Batched L-BFGS as one traced loop: every item has its own line search and memory, and stops for itself.

Liu and Nocedal 1989, with backtracking by the Armijo rule and quadratic interpolation. Each turn of the loop evaluates
function and gradient exactly once for the whole batch: an item whose step was refused tries a shorter one in the next
turn, while the others go on. A pair enters the memory only where its curvature is positive.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch._higher_order_ops.while_loop import while_loop

_ARMIJO = 1e-4
_MIN_CURVATURE = 1e-10
_HUGE = 1e30
"""Stands for the loss before the first evaluation; finite, so that no inf - inf arises."""

Evaluate = Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
"""(x [B, D], target) to (loss [B], gradient [B, D], picture)."""


@dataclass(frozen=True)
class Minimum:
    """What the minimisation found: x [B, D], loss [B], picture, and evaluations [B] int64 past the first."""

    x: Tensor
    loss: Tensor
    picture: Tensor
    evaluations: Tensor


def minimise(
    evaluate: Evaluate, start: Tensor, target: Tensor, steps: Tensor, tolerance: Tensor, memory: int, first_step: float
) -> Minimum:
    """Minimises from ``start`` [B, D].

    The first turn evaluates ``start`` itself, so that the function stands in the loop alone and its weights are
    stored once.

    Args:
        evaluate: the function, its gradient and the picture that belongs to it.
        start: [B, D] float32.
        target: what ``evaluate`` compares with; its shape is the picture's.
        steps: [B] int64, most evaluations past the first.
        tolerance: [B] float32, an item is done when its loss is no larger.
        memory: pairs that each item remembers.
        first_step: length of the first step, in units of x.
    """
    zeros = torch.zeros_like(start)
    state = (
        start.clone(),  # x
        zeros.clone(),  # gradient
        zeros.clone(),  # direction
        torch.full_like(tolerance, _HUGE),  # loss
        torch.zeros_like(tolerance),  # step length
        zeros[:, None].repeat(1, memory, 1),  # S
        zeros[:, None].repeat(1, memory, 1),  # Y
        torch.zeros_like(target, memory_format=torch.contiguous_format),  # picture
        torch.zeros_like(steps) - 1,  # evaluations
    )

    def go_on(
        x: Tensor, g: Tensor, d: Tensor, f: Tensor, t: Tensor, S: Tensor, Y: Tensor, p: Tensor, n: Tensor
    ) -> Tensor:
        return ((n < steps) & (f > tolerance)).any()

    def turn_once(
        x: Tensor, g: Tensor, d: Tensor, f: Tensor, t: Tensor, S: Tensor, Y: Tensor, p: Tensor, n: Tensor
    ) -> tuple[Tensor, ...]:
        active = (n < steps) & (f > tolerance)
        x_new = x + t[:, None] * d
        f_new, g_new, p_new = evaluate(x_new, target)
        slope = (g * d).sum(1)
        accepted = active & (f_new <= f + _ARMIJO * t * slope)
        refused = active & ~accepted

        s, y = x_new - x, g_new - g
        remembered = (accepted & ((s * y).sum(1) > _MIN_CURVATURE))[:, None, None]
        S_next = torch.where(remembered, torch.cat([S[:, 1:], s[:, None]], 1), S)
        Y_next = torch.where(remembered, torch.cat([Y[:, 1:], y[:, None]], 1), Y)

        taken = accepted[:, None]
        x_next, g_next = torch.where(taken, x_new, x), torch.where(taken, g_new, g)
        f_next = torch.where(accepted, f_new, f)
        p_next = torch.where(accepted[:, None, None, None], p_new, p)
        d_next = torch.where(taken, _direction(g_next, S_next, Y_next, first_step), d)

        # The parabola through f, the slope and f_new has its minimum here; kept between a tenth and a half.
        parabola = -slope * t / (2.0 * (f_new - f - slope * t)).clamp_min(1e-20)
        shorter = t * parabola.clamp(0.1, 0.5)
        t_next = torch.where(accepted, torch.ones_like(t), torch.where(refused, shorter, t))
        n_next = n + active.to(n.dtype)
        return (x_next, g_next, d_next, f_next, t_next, S_next, Y_next, p_next, n_next)

    x, _, _, loss, _, _, _, picture, evaluations = while_loop(go_on, turn_once, state)
    return Minimum(x, loss, picture, evaluations)


def _direction(gradient: Tensor, S: Tensor, Y: Tensor, first_step: float) -> Tensor:
    """The two-loop recursion: gradient [B, D] and memory [B, M, D] to the direction [B, D]. Empty pairs do nothing."""
    memory = S.shape[1]
    products = (S * Y).sum(2)
    inverse = torch.where(
        products > _MIN_CURVATURE, 1.0 / products.clamp_min(_MIN_CURVATURE), torch.zeros_like(products)
    )
    q = gradient
    alphas = []
    for i in reversed(range(memory)):
        alpha = inverse[:, i] * (S[:, i] * q).sum(1)
        q = q - alpha[:, None] * Y[:, i]
        alphas.append(alpha)
    newest = Y[:, -1].square().sum(1)
    plain = first_step * torch.rsqrt(gradient.square().sum(1) + 1e-20)
    scale = torch.where(newest > 0, products[:, -1] / newest.clamp_min(1e-20), plain)
    r = q * scale[:, None]
    for i, alpha in zip(range(memory), reversed(alphas), strict=True):
        beta = inverse[:, i] * (Y[:, i] * r).sum(1)
        r = r + (alpha - beta)[:, None] * S[:, i]
    return -r
