"""Trains the detector."""

import copy
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.engine.report import grid
from training.models.face_detector import FaceDetector
from training.recipes.face_detector import DetectorRecipe
from training.synthesis.feeds import SceneBatch
from training.trainers.averaged import channels_last, cosine, update_average

_COLUMNS = 4
_FOCUS = 2.0


class DetectorTrainer:
    """The detector and its average."""

    def __init__(self, recipe: DetectorRecipe, examples: SceneBatch, seed: int) -> None:
        """``examples``: scenes for the sheets."""
        torch.manual_seed(seed)
        self._recipe = recipe
        self._network = channels_last(FaceDetector(recipe.widths, recipe.depths, recipe.head))
        self.network_ema = copy.deepcopy(self._network).requires_grad_(False).eval()
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), recipe.learning_rate[0], betas=(0.9, 0.99), weight_decay=recipe.weight_decay
        )
        self._examples = examples
        self._images_seen = 0

    def step(self, batch: SceneBatch, progress: float) -> dict[str, float]:
        """One step; ``eyes`` is the eyes' mean distance from the truth in sizes of the face."""
        for group in self._optimizer.param_groups:
            group["lr"] = cosine(self._recipe.learning_rate, progress)
        logits, points = self._network(batch.luminance)
        faces = batch.wanted == 1.0
        count = faces.sum().clamp(min=1)
        score = focal_loss(logits, batch.wanted) / count
        error = (points[faces] - batch.points[faces]) / batch.sizes_px[faces][:, None, None]
        placed = F.smooth_l1_loss(error, torch.zeros_like(error), beta=0.05, reduction="sum") / (5 * count)
        loss = score + self._recipe.points * placed
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
        self._optimizer.step()
        seen = len(batch.luminance)
        update_average(self.network_ema, self._network, seen, self._images_seen, self._recipe.ema_images)
        self._images_seen += seen
        eyes = error[:, :2].norm(dim=2).sum() / (2 * count)
        return {"score": score.item(), "points": placed.item(), "eyes": eyes.item()}

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """Scenes with the points of all places that see a face."""
        logits, points = self.network_ema(self._examples.luminance)
        sheet = []
        for picture, scores, marks in zip(self._examples.luminance, logits, points, strict=True):
            canvas = cv2.cvtColor(picture[0].to(torch.uint8).numpy(), cv2.COLOR_GRAY2RGB)
            for x, y in marks[scores > 0].flatten(0, 1).tolist():
                cv2.circle(canvas, (int(x), int(y)), 1, (0, 255, 0), -1)
            sheet.append(canvas)
        return grid(np.stack(sheet), _COLUMNS)

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


def focal_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Focal loss (Lin et al. 2017) of ``logits`` against ``wanted`` 1 or 0, summed; -1 counts nothing."""
    target = (wanted == 1.0).float()
    cross_entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    confidence = torch.exp(-cross_entropy)
    return ((1.0 - confidence) ** _FOCUS * cross_entropy * (wanted >= 0.0)).sum()
