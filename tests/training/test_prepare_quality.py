"""What is measured of a face, and which one is not taken for it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phiz_core import geometry
from phiz_core.geometry import ImageArray, Points
from training.prepare.quality import ALIGNED_PX, NO_LIMITS, Limits, Measures, Reason, judge, measure, yaw_degrees

FACE = np.array([[205.0, 111.0], [249.0, 110.0], [227.0, 137.0], [208.0, 152.0], [246.0, 151.0]])
GOOD = Measures(
    interocular_px=60, beyond_edge=0, roll_degrees=3, yaw_degrees=-8, sharpness=500, mean=120, contrast=50,
    colourfulness=30,
)  # fmt: skip


def measured(photo: ImageArray, landmarks: Points = FACE) -> Measures:
    return measure(photo, landmarks, geometry.align(photo, landmarks, ALIGNED_PX))


def test_blur_costs_sharpness_and_nothing_else(astronaut: ImageArray) -> None:
    sharp = measured(astronaut)
    blurred = measured(np.asarray(cv2.GaussianBlur(astronaut, (0, 0), 3), np.uint8))
    assert blurred.sharpness < sharp.sharpness / 10
    assert blurred.mean == pytest.approx(sharp.mean, abs=1)
    assert blurred.interocular_px == sharp.interocular_px


def test_sharpness_does_not_grow_with_the_photograph(astronaut: ImageArray) -> None:
    large = np.asarray(cv2.resize(astronaut, None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC), np.uint8)
    assert measured(large, FACE * 2.5).sharpness == pytest.approx(measured(astronaut).sharpness, rel=0.35)


def test_what_is_behind_a_face_does_not_make_it_sharp(astronaut: ImageArray) -> None:
    noisy = np.random.default_rng(0).integers(0, 256, astronaut.shape, np.uint8)
    noisy[70:200, 160:295] = cv2.GaussianBlur(astronaut, (0, 0), 4)[70:200, 160:295]
    assert measured(noisy).sharpness < Limits().min_sharpness


def test_brightness_contrast_and_colour_are_those_of_the_aligned_face(astronaut: ImageArray) -> None:
    plain = np.full_like(astronaut, 90)
    assert (measured(plain).mean, measured(plain).contrast, measured(plain).colourfulness) == (90, 0, 0)
    assert measured(astronaut).contrast > 20
    assert measured(astronaut).colourfulness > 10


@given(yaw=st.floats(-60, 60), roll=st.floats(-180, 180), scale=st.floats(5, 500))
def test_yaw_is_that_of_a_head_of_usual_depth_however_it_is_rolled(yaw: float, roll: float, scale: float) -> None:
    head = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.6, 0.5], [-0.4, 1.1, 0], [0.4, 1.1, 0]])
    turned = np.radians(yaw)
    seen = np.stack([head[:, 0] * np.cos(turned) + head[:, 2] * np.sin(turned), head[:, 1]], axis=1) * scale
    angle = np.radians(roll)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert yaw_degrees(seen @ turn.T) == pytest.approx(yaw, abs=1e-4)


def test_the_part_beyond_the_edge_is_that_of_the_face_square(astronaut: ImageArray) -> None:
    square = geometry.apply(geometry.crop_to_photo(FACE, 1), np.array([[0.0, 0.0], [1.0, 1.0]]))
    assert measured(astronaut).beyond_edge == 0
    middle = round(square[:, 1].mean())
    assert measured(astronaut[middle:], FACE - [0, middle]).beyond_edge == pytest.approx(0.5, abs=0.03)


def judged(limits: Limits, score: float | None = 1.0, **changes: float) -> tuple[str, str]:
    return judge(score, replace(GOOD, **changes), FACE, (512, 512), limits)


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"score": 0.567}, Reason.DOUBTFUL, "score 0.57"),
        ({"interocular_px": 15.96}, Reason.TOO_SMALL, "16.0 px between the eyes"),
        ({"beyond_edge": 0.5}, Reason.CUT_OFF, "50% of the face's square are beyond the edge"),
        ({"yaw_degrees": -50.0}, Reason.POSE, "yaw -50 degrees"),
        ({"roll_degrees": 50.0}, Reason.POSE, "roll 50 degrees"),
        ({"sharpness": 59.4}, Reason.BLURRED, "sharpness 59"),
    ],
)
def test_a_face_that_misses_a_limit_is_told_by_how_much(changes: dict[str, float], reason: Reason, detail: str) -> None:
    assert judged(Limits()) == judged(Limits(), score=None) == ("", "")
    assert judged(Limits(), **changes) == (reason, detail)
    assert judged(NO_LIMITS, **changes) == ("", "")


def test_a_mouth_beyond_the_edge_is_cut_off() -> None:
    assert judge(1.0, GOOD, FACE, (512, 150), Limits()) == (
        Reason.CUT_OFF,
        "an eye, the nose or the mouth is beyond the edge",
    )
    assert judge(1.0, GOOD, FACE, (512, 150), NO_LIMITS) == ("", "")
