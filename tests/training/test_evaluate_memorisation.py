"""Faces that were learnt by heart are found out; faces that are new are not."""

import numpy as np

from tests.training.tiny import draw_photograph
from training.evaluate.frozen import resized
from training.evaluate.memorisation import changed_copy, memorisation, near_copies, pixels

RANDOM = np.random.default_rng(5)


def faces(count: int) -> np.ndarray:
    """Drawn faces before backgrounds that differ everywhere, uint8 [N, 64, 64, 3]."""
    drawn = np.stack([draw_photograph(RANDOM)[0][:130, :130] for _ in range(count)])
    return np.asarray(
        resized(drawn, 64) // 2 + RANDOM.integers(0, 128, (count, 8, 8, 3), np.uint8).repeat(8, 1).repeat(8, 2)
    )


def test_copies_of_training_faces_are_flagged_and_their_originals_named() -> None:
    """The limit is such that 95 of 100 copies are found."""
    train, held_out = faces(40), faces(30)
    copies = np.stack([changed_copy(face) for face in train])
    found = memorisation(np.concatenate([copies, faces(10)]), held_out, train, pixels)
    assert found.nearest[:40].tolist() == list(range(40))
    assert near_copies([found]) == (38.0, 0.0)
    assert found.figures()["share_near_training"][0] >= 0.8


def test_a_copy_is_near_in_every_space() -> None:
    """What only one space takes for a copy is none."""
    train = faces(20)
    near = memorisation(train[:5], train[:2], train, pixels)
    far = memorisation(faces(5), faces(2), train, pixels)
    assert near_copies([near, near]) == (5.0, 2.0)
    assert near_copies([near, far]) == near_copies([far, near]) == (0.0, 0.0)


def test_a_mirrored_copy_is_a_copy() -> None:
    train = faces(40)
    found = memorisation(train[[8]][:, :, ::-1], faces(10), train, pixels)
    assert found.nearest.tolist() == [8]
    assert found.made.tolist() == [0.0]


def test_new_faces_are_as_far_from_training_as_held_out_ones() -> None:
    found = memorisation(faces(60), faces(60), faces(60), pixels)
    made, photographs = found.figures()["nearest_training_distance"]
    assert 0.8 < made / photographs < 1.25
    assert near_copies([found]) == (0.0, 0.0)


def test_brightness_and_contrast_make_no_other_picture() -> None:
    face = faces(2)
    assert np.linalg.norm(pixels(face // 2 + 40) - pixels(face), axis=1).max() < 0.02
    assert np.linalg.norm(pixels(face[:1]) - pixels(face[1:])) > 0.3
