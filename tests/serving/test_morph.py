"""The way from face to face: where each frame lies."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from serving.latents import Floats
from serving.operations.morph import Easing, latents_at, way

faces = st.integers(2, 8)
frames = st.integers(8, 60)
easings = st.sampled_from(Easing)


def corners(count: int) -> Floats:
    return np.random.default_rng(1).standard_normal((count, 3, 4)).astype(np.float32)


@given(faces=faces, frames=frames, easing=easings)
def test_it_leads_from_the_first_face_to_the_last_and_never_back(faces: int, frames: int, easing: Easing) -> None:
    places = way(faces, frames, easing, loop=False)
    assert len(places) == frames
    assert places[0] == 0
    assert places[-1] == faces - 1
    assert np.all(np.diff(places) > 0)


@given(faces=faces, frames=frames, easing=easings)
def test_in_a_loop_the_step_after_the_last_frame_is_the_first_face(faces: int, frames: int, easing: Easing) -> None:
    once_more = way(faces, frames, easing, loop=True)
    assert once_more[0] == 0
    assert np.all(np.diff(once_more) > 0)
    assert faces - 1 < once_more[-1] < faces or frames == faces


@given(faces=faces, each=st.integers(1, 9), easing=easings, loop=st.booleans())
def test_every_face_is_met_where_the_frames_can_be_shared_out(
    faces: int, each: int, easing: Easing, loop: bool
) -> None:
    places = way(faces, faces * each if loop else (faces - 1) * each + 1, easing, loop)
    met = latents_at(corners(faces), places[::each])
    np.testing.assert_allclose(met, corners(faces), atol=1e-5)


def test_in_and_out_is_slow_at_the_faces_and_linear_is_not() -> None:
    eased, linear = (np.diff(way(2, 21, easing, loop=False)) for easing in (Easing.IN_OUT, Easing.LINEAR))
    assert eased[0] < 0.2 * eased[10]
    np.testing.assert_allclose(linear, 0.05)


@given(place=st.floats(0, 2.999))
def test_a_frame_lies_on_the_line_between_two_faces_and_the_last_line_leads_home(place: float) -> None:
    points = corners(3)
    leg, part = int(place), place - int(place)
    expected = (1 - part) * points[leg] + part * points[(leg + 1) % 3]
    np.testing.assert_allclose(latents_at(points, np.array([place]))[0], expected, atol=1e-5)
