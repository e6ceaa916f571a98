"""Trains the landmark network."""

import copy
from typing import Any

import cv2
import torch
import torch.nn.functional as F

from phiz_core.detection import CROP_PX, FACE_IN_CROP
from phiz_core.geometry import ImageArray
from training.engine.report import grid
from training.models.face_landmarks import FaceLandmarks
from training.recipes.face_landmarks import LandmarksRecipe
from training.synthesis.feeds import CropBatch
from training.trainers.averaged import channels_last, cosine, update_average

_POINT_WEIGHTS = torch.tensor([1.4, 1.4, 0.8, 0.7, 0.7])
_SPREAD_CELLS = 1.5
_COLUMNS = 16


class LandmarksTrainer:
    """The landmark network and its average."""

    def __init__(self, recipe: LandmarksRecipe, examples: CropBatch, seed: int) -> None:
        """``examples``: crops for the sheets."""
        torch.manual_seed(seed)
        self._recipe = recipe
        self._network = channels_last(FaceLandmarks(recipe.widths))
        self.network_ema = copy.deepcopy(self._network).requires_grad_(False).eval()
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), recipe.learning_rate[0], betas=(0.9, 0.99), weight_decay=recipe.weight_decay
        )
        self._examples = examples
        self._images_seen = 0

    def step(self, batch: CropBatch, progress: float) -> dict[str, float]:
        """One step; ``eyes`` is the eyes' mean distance from the truth in sizes of the face."""
        for group in self._optimizer.param_groups:
            group["lr"] = cosine(self._recipe.learning_rate, progress)
        with torch.autocast("cpu", torch.bfloat16):
            points, logits, maps = self._network(batch.luminance)
        error = (points - batch.points) / FACE_IN_CROP
        distances = F.smooth_l1_loss(error, torch.zeros_like(error), beta=0.02, reduction="none").sum(2)
        spread = _spread(maps, batch.points)
        faces = batch.is_face / batch.is_face.sum().clamp(min=1.0)
        placed = (faces[:, None] * distances * _POINT_WEIGHTS).sum() / _POINT_WEIGHTS.sum()
        narrow = (faces[:, None] * spread).sum()
        score = F.binary_cross_entropy_with_logits(logits, batch.is_face)
        loss = placed + self._recipe.spread * narrow + self._recipe.score * score
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
        self._optimizer.step()
        seen = len(batch.luminance)
        update_average(self.network_ema, self._network, seen, self._images_seen, self._recipe.ema_images)
        self._images_seen += seen
        eyes = (faces[:, None] * error[:, :2].norm(dim=2)).sum() / 2.0
        return {"eyes": eyes.item(), "points": placed.item(), "spread": narrow.item(), "score": score.item()}

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """Crops with their points (red: taken for no face)."""
        points, logits, _ = self.network_ema(self._examples.luminance)
        pictures = self._examples.luminance[:, 0].to(torch.uint8).numpy()
        sheet = [cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB) for picture in pictures]
        for picture, marks, logit in zip(sheet, (points * CROP_PX).tolist(), logits.tolist(), strict=True):
            for x, y in marks:
                cv2.circle(picture, (int(x), int(y)), 1, (0, 255, 0) if logit > 0 else (255, 0, 0), -1)
        return grid(torch.stack([torch.from_numpy(picture) for picture in sheet]).numpy(), _COLUMNS)

    def state_dict(self) -> dict[str, Any]:
        """Network, average, optimizer and the count of images."""
        return {
            "network": self._network.state_dict(),
            "network_ema": self.network_ema.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "images_seen": self._images_seen,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from ``state``."""
        self._network.load_state_dict(state["network"])
        self.network_ema.load_state_dict(state["network_ema"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._images_seen = state["images_seen"]


def _spread(maps: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """How much wider than a few cells heat maps [B, 5, S, S] are around points [B, 5, 2]: [B, 5]."""
    side = maps.shape[-1]
    places = (torch.arange(side, dtype=maps.dtype) + 0.5) / side
    across = (places - points[..., :1]).square()
    down = (places - points[..., 1:]).square()
    variance = (maps.sum(2) * across).sum(2) + (maps.sum(3) * down).sum(2)
    return (variance.clamp(min=1e-8).sqrt() - _SPREAD_CELLS / side).clamp(min=0.0)
