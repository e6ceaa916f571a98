"""Trains the detector."""

import copy

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.engine.parallel import ALONE, Place
from training.engine.pictures import grid
from training.models.face_detector import FaceDetector
from training.recipes.face_detector import DetectorRecipe
from training.synthesis.feeds import SceneBatch
from training.trainers.base import Stateful, batch_statistics, cosine, descend, set_rate, update_average

_COLUMNS = 4
_FOCUS = 2.0
_LARGEST_NORM = 5.0


class DetectorTrainer(Stateful):
    """The detector and its average."""

    def __init__(self, recipe: DetectorRecipe, examples: SceneBatch, seed: int, place: Place = ALONE) -> None:
        """``examples``: scenes for the sheets."""
        torch.manual_seed(seed)
        self._recipe, self._place = recipe, place
        self._network = place.put(FaceDetector(recipe.widths, recipe.depths, recipe.head))
        self.network_ema = copy.deepcopy(self._network).requires_grad_(False).eval()
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), recipe.learning_rate[0], betas=(0.9, 0.99), weight_decay=recipe.weight_decay
        )
        self._examples = examples
        super().__init__(network=self._network, network_ema=self.network_ema, optimizer=self._optimizer)

    def step(self, batch: SceneBatch, progress: float) -> dict[str, Tensor]:
        """One step; ``eyes`` is the eyes' mean distance from the truth in sizes of the face."""
        recipe, place = self._recipe, self._place
        set_rate(self._optimizer, cosine(recipe.learning_rate, progress))
        logits, points = self._network(batch.luminance)
        faces = (batch.wanted == 1.0).float()
        count = place.mean(faces.sum()).clamp(min=1.0 / place.ranks)
        score = focal_loss(logits, batch.wanted) / count
        error = (points - batch.points) * (faces / batch.sizes_px)[..., None, None]
        placed = F.smooth_l1_loss(error, torch.zeros_like(error), beta=0.05, reduction="sum") / (5 * count)
        descend(self._optimizer, score + recipe.points * placed, place, _LARGEST_NORM)
        place.average_(batch_statistics(self._network))
        update_average(self.network_ema, self._network, recipe.batch, self.images_seen, recipe.ema_images)
        self.images_seen += recipe.batch
        eyes = error.detach()[..., :2, :].norm(dim=-1).sum() / (2 * count)
        return {"score": score.detach(), "points": placed.detach(), "eyes": eyes}

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """Scenes with the points of all places that see a face."""
        logits, points = self.network_ema(self._examples.luminance)
        sheet = []
        for picture, scores, marks in zip(self._examples.luminance, logits, points, strict=True):
            canvas = cv2.cvtColor(picture[0].to(torch.uint8).cpu().numpy(), cv2.COLOR_GRAY2RGB)
            for x, y in marks[scores > 0].flatten(0, 1).tolist():
                cv2.circle(canvas, (int(x), int(y)), 1, (0, 255, 0), -1)
            sheet.append(canvas)
        return grid(np.stack(sheet), _COLUMNS)


def focal_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Focal loss (Lin et al. 2017) of ``logits`` against ``wanted`` 1 or 0, summed; -1 counts nothing."""
    target = (wanted == 1.0).float()
    cross_entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    confidence = torch.exp(-cross_entropy)
    return ((1.0 - confidence) ** _FOCUS * cross_entropy * (wanted >= 0.0)).sum()
