"""Pasting back: what was only cut comes back as it was, and what was changed is changed in the middle only."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phiz_core import compose, geometry
from phiz_core.compose import Oval, Piece
from phiz_core.geometry import Affine, ImageArray

WIDTH, HEIGHT = 240, 180
ROUND = Oval(1.0, 1.0, 0.3)


def smooth_photo(channels: int) -> ImageArray:
    """Waves as long as a face: [HEIGHT, WIDTH, channels]."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = [127 + 100 * np.sin(x / (20 + 5 * c)) * np.cos(y / (25 + 3 * c)) for c in range(channels)]
    return np.stack(waves, axis=-1).astype(np.uint8)


def placed(degrees: float, scale: float, x: float, y: float, size_px: int) -> Affine:
    """From a crop of ``size_px`` to the photograph: its middle lies at (x, y), a pixel of it is ``scale`` large."""
    angle = np.radians(degrees)
    axes = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.concatenate([axes, (np.array([x, y]) - axes @ [size_px / 2, size_px / 2])[:, None]], axis=1)


PLACES = st.builds(
    placed,
    degrees=st.floats(-180, 180),
    scale=st.floats(0.1, 1.5),
    x=st.floats(-20, WIDTH + 20),
    y=st.floats(-20, HEIGHT + 20),
    size_px=st.just(96),
)


OVALS = st.builds(Oval, st.floats(0.3, 1), st.floats(0.3, 1), st.floats(0.05, 1))


@given(places=st.lists(PLACES, max_size=3), channels=st.integers(1, 3), oval=OVALS)
def test_crops_that_were_not_changed_leave_the_picture_as_it_was(
    places: list[Affine], channels: int, oval: Oval
) -> None:
    """Within two levels; at the very edge, where crops mirror the picture, within four."""
    photo = smooth_photo(channels)
    pieces = [Piece(geometry.crop(photo, place, 96, 96), place) for place in places]
    difference = np.abs(compose.paste(photo, pieces, oval).astype(int) - photo)
    assert difference[4:-4, 4:-4].max() <= 2
    assert difference.max() <= 4


@given(place=PLACES, level=st.integers(0, 255), oval=OVALS)
def test_the_middle_is_the_crop_and_beyond_its_rim_nothing_changes(place: Affine, level: int, oval: Oval) -> None:
    photo = smooth_photo(3)
    pasted = compose.paste(photo, [Piece(np.full((96, 96, 3), level, np.uint8), place)], oval)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    inside = geometry.apply(geometry.invert(place), np.stack([x.ravel(), y.ravel()], axis=1))
    radius = np.linalg.norm((inside / 48 - 1) / [oval.width, oval.height], axis=1).reshape(HEIGHT, WIDTH)
    np.testing.assert_array_equal(pasted[radius > 1.001], photo[radius > 1.001])
    assert np.all(pasted[radius < 0.999 - oval.soft_edge] == level)
    low, high = np.minimum(photo, level), np.maximum(photo, level)
    assert np.all((low <= pasted) & (pasted <= high))


def test_the_edge_is_soft() -> None:
    """From white to black in small steps, none of them a seam."""
    white = Piece(np.full((96, 96, 1), 255, np.uint8), placed(0, 1, 120, 90, 96))
    pasted = compose.paste(np.zeros((HEIGHT, WIDTH, 1), np.uint8), [white], ROUND)
    steps = np.diff(pasted[90, :, 0].astype(int))
    assert np.abs(steps).max() < 255 / (0.5 * ROUND.soft_edge * 48)
    assert pasted[90, 120] == 255


def test_the_picture_that_was_given_stays() -> None:
    photo = smooth_photo(2)
    before = photo.copy()
    compose.paste(photo, [Piece(np.zeros((96, 96, 2), np.uint8), placed(10, 1, 120, 90, 96))], ROUND)
    np.testing.assert_array_equal(photo, before)


def test_a_large_picture_is_pasted_strip_by_strip_without_seams() -> None:
    wide = np.zeros((900, 1200, 1), np.uint8)
    place = placed(0, 4, 600, 450, 200)
    ramp = np.repeat(np.linspace(0, 255, 200).astype(np.uint8)[:, None, None], 200, axis=1)
    pasted = compose.paste(wide, [Piece(ramp, place)], ROUND)
    middle = pasted[260:640, 600, 0].astype(int)
    assert np.abs(np.diff(middle)).max() <= 1


class TestPasteFace:
    PLACE = placed(20, 1.2, 120, 90, 96)

    @pytest.mark.parametrize("detail", [0.0, 0.4, 1.0])
    def test_a_face_that_differs_in_its_light_alone_changes_nothing(self, detail: float) -> None:
        photo = np.asarray(50 + smooth_photo(3) // 3, np.uint8)
        face = geometry.crop(photo, self.PLACE, 96, 96)
        tinted = np.asarray(np.rint(face * [0.6, 1.1, 1.5]), np.uint8)
        difference = np.abs(compose.paste_face(photo, face, tinted, self.PLACE, detail).astype(int) - photo)
        assert difference.max() <= 3

    def test_beyond_the_face_the_photograph_stays(self) -> None:
        photo = smooth_photo(3)
        face = geometry.crop(photo, self.PLACE, 96, 96)
        pasted = compose.paste_face(photo, face, face[::-1], self.PLACE, 0.5)
        y, x = np.argwhere(np.any(pasted != photo, axis=2)).T + 0.5
        inside = geometry.apply(geometry.invert(self.PLACE), np.stack([x, y], axis=1)) / 48 - 1
        assert np.all(np.linalg.norm(inside / [compose.FACE.width, compose.FACE.height], axis=1) < 1)


class TestPasteChange:
    PLACE = placed(20, 1.2, 120, 90, 96)

    def test_without_a_change_the_photograph_stays_to_the_pixel(self) -> None:
        photo = smooth_photo(3)
        face = np.full((96, 96, 3), 77, np.uint8)
        assert np.array_equal(compose.paste_change(photo, face, face, self.PLACE), photo)

    def test_what_changed_is_added_to_the_photographs_own_detail(self) -> None:
        photo = np.random.default_rng(0).integers(60, 160, (240, 320, 3), np.uint8)
        before, after = np.full((96, 96, 3), 100, np.uint8), np.full((96, 96, 3), 130, np.uint8)
        changed = compose.paste_change(photo, before, after, self.PLACE).astype(int) - photo
        assert np.all(changed[85:95, 115:125] == 30)
        assert np.all((changed >= 0) & (changed <= 30))

    @given(detail=st.floats(0, 1))
    def test_as_much_detail_stays_as_is_asked_for(self, detail: float) -> None:
        photo = np.random.default_rng(0).integers(60, 160, (240, 320, 3), np.uint8)
        before, after = np.full((96, 96, 3), 100, np.uint8), np.full((96, 96, 3), 130, np.uint8)
        changed = compose.paste_change(photo, before, after, self.PLACE, detail)[85:95, 115:125]
        expected = 130 + detail * (photo[85:95, 115:125].astype(float) - 100)
        assert np.abs(changed - expected).max() <= 0.51

    def test_black_and_white_are_not_left(self) -> None:
        photo = smooth_photo(3)
        dark, bright = np.zeros((96, 96, 3), np.uint8), np.full((96, 96, 3), 255, np.uint8)
        assert np.all(compose.paste_change(photo, dark, bright, self.PLACE)[85:95, 115:125] == 255)
        assert np.all(compose.paste_change(photo, bright, dark, self.PLACE)[85:95, 115:125] == 0)
