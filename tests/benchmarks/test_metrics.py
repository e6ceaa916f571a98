"""When a face counts as found, and what its error is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.align.metrics import FOUND_WITHIN, accuracy, eye_error

EYES = np.array([[40.0, 50.0], [60.0, 50.0]])
COORDINATE = st.floats(-1000, 1000)


def test_the_error_is_the_mean_of_both_eyes_in_interocular_distances() -> None:
    faces = np.array([[[41.0, 50.0], [60.0, 53.0]]])
    assert eye_error(faces, EYES) == pytest.approx((1.0 + 3.0) / 2 / 20.0)


def test_the_face_nearest_to_the_annotated_one_is_taken_and_others_are_nobodys_fault() -> None:
    far, near = EYES + np.array([200.0, 0.0]), EYES + np.array([1.0, 0.0])
    assert eye_error(np.stack([far, near]), EYES) == pytest.approx(0.05)


def test_swapped_eyes_are_found_but_a_whole_distance_off() -> None:
    assert eye_error(EYES[None, ::-1], EYES) == pytest.approx(1.0)


def test_nothing_found_is_no_error_of_zero() -> None:
    assert eye_error(np.empty((0, 2, 2)), EYES) is None


@given(COORDINATE, COORDINATE)
def test_a_shifted_face_is_found_exactly_if_the_point_between_the_eyes_is_near(x: float, y: float) -> None:
    shift = np.array([x, y]) / 20.0
    error = eye_error((EYES + shift)[None], EYES)
    distance = float(np.hypot(*shift)) / 20.0
    if abs(distance - FOUND_WITHIN) > 1e-9:
        assert (error is not None) == (distance < FOUND_WITHIN)
    if error is not None:
        assert error == pytest.approx(distance, abs=1e-9)


@given(st.floats(0.1, 50), COORDINATE, COORDINATE)
def test_the_error_does_not_depend_on_where_the_face_is_or_how_large(scale: float, x: float, y: float) -> None:
    found = EYES + np.array([[1.0, 2.0], [-0.5, 1.0]])
    moved = eye_error((scale * found + [x, y])[None], scale * EYES + [x, y])
    assert moved == pytest.approx(eye_error(found[None], EYES), rel=1e-6)


def test_errors_are_summed_up_over_the_found_faces_and_missed_ones_count_as_missed() -> None:
    result = accuracy([0.1, None, 0.3, 0.2])
    assert (result.photographs, result.found, result.found_percent) == (4, 3, 75.0)
    assert (result.mean, result.median, result.p95) == pytest.approx((0.2, 0.2, 0.29))


def test_where_none_is_found_there_is_no_error() -> None:
    result = accuracy([None, None])
    assert (result.found_percent, result.mean, result.median, result.p95) == (0.0, None, None, None)
