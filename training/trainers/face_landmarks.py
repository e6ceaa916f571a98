"""Trains the landmark network."""

import copy

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core.detection import CROP_PX, FACE_IN_CROP
from phiz_core.geometry import ImageArray
from training.engine.parallel import ALONE, Place
from training.engine.pictures import grid
from training.models.face_landmarks import FaceLandmarks
from training.recipes.face_landmarks import LandmarksRecipe
from training.synthesis.feeds import CropBatch
from training.trainers.base import Stateful, batch_statistics, cosine, descend, set_rate, update_average

_POINT_WEIGHTS = torch.tensor([1.4, 1.4, 0.8, 0.7, 0.7])
_SPREAD_CELLS = 1.5
_COLUMNS = 16
_LARGEST_NORM = 5.0


class LandmarksTrainer(Stateful):
    """The landmark network and its average."""

    def __init__(self, recipe: LandmarksRecipe, examples: CropBatch, seed: int, place: Place = ALONE) -> None:
        """``examples``: crops for the sheets."""
        torch.manual_seed(seed)
        self._recipe, self._place = recipe, place
        self._network = place.put(FaceLandmarks(recipe.widths))
        self.network_ema = copy.deepcopy(self._network).requires_grad_(False).eval()
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), recipe.learning_rate[0], betas=(0.9, 0.99), weight_decay=recipe.weight_decay
        )
        self._examples = examples
        super().__init__(network=self._network, network_ema=self.network_ema, optimizer=self._optimizer)

    def step(self, batch: CropBatch, progress: float) -> dict[str, Tensor]:
        """One step; ``eyes`` is the eyes' mean distance from the truth in sizes of the face."""
        recipe, place = self._recipe, self._place
        set_rate(self._optimizer, cosine(recipe.learning_rate, progress))
        with place.autocast():
            points, logits, maps = self._network(batch.luminance)
        error = (points - batch.points) / FACE_IN_CROP
        distances = F.smooth_l1_loss(error, torch.zeros_like(error), beta=0.02, reduction="none").sum(2)
        spread = _spread(maps, batch.points)
        faces = batch.is_face / place.mean(batch.is_face.sum()).clamp(min=1.0 / place.ranks)
        weights = _POINT_WEIGHTS.to(place.device)
        placed = (faces[:, None] * distances * weights).sum() / weights.sum()
        narrow = (faces[:, None] * spread).sum()
        score = F.binary_cross_entropy_with_logits(logits, batch.is_face)
        descend(self._optimizer, placed + recipe.spread * narrow + recipe.score * score, place, _LARGEST_NORM)
        place.average_(batch_statistics(self._network))
        update_average(self.network_ema, self._network, recipe.batch, self.images_seen, recipe.ema_images)
        self.images_seen += recipe.batch
        eyes = (faces[:, None] * error.detach()[:, :2].norm(dim=2)).sum() / 2.0
        return {"eyes": eyes, "points": placed.detach(), "spread": narrow.detach(), "score": score.detach()}

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """Crops with their points (red: taken for no face)."""
        points, logits, _ = self.network_ema(self._examples.luminance)
        pictures = self._examples.luminance[:, 0].to(torch.uint8).cpu().numpy()
        sheet = [cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB) for picture in pictures]
        for picture, marks, logit in zip(sheet, (points * CROP_PX).tolist(), logits.tolist(), strict=True):
            for x, y in marks:
                cv2.circle(picture, (int(x), int(y)), 1, (0, 255, 0) if logit > 0 else (255, 0, 0), -1)
        return grid(torch.stack([torch.from_numpy(picture) for picture in sheet]).numpy(), _COLUMNS)


def _spread(maps: Tensor, points: Tensor) -> Tensor:
    """How much wider than a few cells heat maps [B, 5, S, S] are around points [B, 5, 2]: [B, 5]."""
    side = maps.shape[-1]
    places = (torch.arange(side, dtype=maps.dtype, device=maps.device) + 0.5) / side
    across = (places - points[..., :1]).square()
    down = (places - points[..., 1:]).square()
    variance = (maps.sum(2) * across).sum(2) + (maps.sum(3) * down).sum(2)
    return (variance.clamp(min=1e-8).sqrt() - _SPREAD_CELLS / side).clamp(min=0.0)
