"""Pictures that are one are found, strangers are not; and whoever belongs together gets the same split."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phiz_core import geometry
from phiz_core.geometry import ImageArray
from training.prepare.duplicates import Candidate, hash_distance, near_duplicates, perceptual_hash
from training.prepare.quality import Limits
from training.prepare.split import Member, assign

FACE = np.array([[205.0, 111.0], [249.0, 110.0], [227.0, 137.0], [208.0, 152.0], [246.0, 151.0]])
NEAR = Limits().duplicate_bits


def hashed(photo: ImageArray, landmarks: np.ndarray = FACE) -> str:
    return perceptual_hash(geometry.align(photo, landmarks, 128))


class TestHash:
    def test_a_copy_is_near_however_it_was_saved(self, astronaut: ImageArray) -> None:
        small = np.asarray(cv2.resize(astronaut, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), np.uint8)
        _, data = cv2.imencode(".jpg", astronaut, [cv2.IMWRITE_JPEG_QUALITY, 30])
        jitter = np.array([[0.3, -0.4], [-0.5, 0.2], [0, 0], [0.4, 0.3], [0, 0]])
        copies = {
            "smaller": hashed(small, FACE * 0.6),
            "cropped": hashed(astronaut[20:300, 60:420], FACE - [60, 20]),
            "compressed": hashed(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)),
            "brighter": hashed(np.asarray(np.minimum(astronaut * 1.15 + 8, 255), np.uint8)),
            "aligned a little otherwise": hashed(astronaut, FACE + jitter),
        }
        assert [name for name, copy in copies.items() if hash_distance(copy, hashed(astronaut)) > NEAR] == []

    def test_a_mirrored_face_is_another(self, astronaut: ImageArray) -> None:
        mirrored = np.ascontiguousarray(astronaut[:, ::-1])
        landmarks = (FACE * [-1, 1] + [512, 0])[[1, 0, 2, 4, 3]]
        assert hash_distance(hashed(mirrored, landmarks), hashed(astronaut)) > 2 * NEAR


@st.composite
def crowds(draw: st.DrawFn) -> list[Candidate]:
    """Hashes that are a few bits away from one of three."""
    bases = [0, (1 << 256) - 1, int("0f" * 32, 16)]
    found = []
    for _ in range(draw(st.integers(0, 12))):
        bits = draw(st.sets(st.integers(0, 255), max_size=8))
        value = draw(st.sampled_from(bases)) ^ sum(1 << bit for bit in bits)
        found.append(Candidate(f"{value:064x}", draw(st.floats(0, 9)), draw(st.sampled_from([5, 5, 5, -1]))))
    return found


class TestNearDuplicates:
    @given(crowds())
    def test_whoever_stays_is_far_from_all_worthier_and_whoever_goes_is_near_one(self, crowd: list[Candidate]) -> None:
        verdicts = near_duplicates(crowd, 5)
        kept = [index for index, verdict in enumerate(verdicts) if verdict.duplicate_of is None]
        for index, (candidate, verdict) in enumerate(zip(crowd, verdicts, strict=True)):
            worthier = [
                other for other in kept if other != index and (-crowd[other].worth, other) < (-candidate.worth, index)
            ]
            near = [other for other in worthier if hash_distance(crowd[other].hash, candidate.hash) <= 5]
            if verdict.duplicate_of is None:
                assert candidate.drop_within_bits == -1 or not near
            else:
                assert verdict.duplicate_of in near

    @given(crowds())
    def test_all_that_are_near_are_of_one_group(self, crowd: list[Candidate]) -> None:
        groups = [verdict.group for verdict in near_duplicates(crowd, 5)]
        for one, group in zip(crowd, groups, strict=True):
            for other, other_group in zip(crowd, groups, strict=True):
                if hash_distance(one.hash, other.hash) <= 5:
                    assert group == other_group

    def test_the_worthiest_stays_for_its_chain(self) -> None:
        hashes = [f"{value:064x}" for value in (0b0, 0b111, 0b111111)]
        crowd = [Candidate(digits, worth, 3) for digits, worth in zip(hashes, (1.0, 3.0, 2.0), strict=True)]
        first, middle, last = near_duplicates(crowd, 3)
        assert (first.duplicate_of, middle.duplicate_of, last.duplicate_of) == (1, None, 1)
        assert first.group == middle.group == last.group


MEMBERS = st.lists(
    st.builds(
        Member,
        sha256=st.sampled_from([f"photograph {i}" for i in range(8)]),
        person=st.sampled_from(["", "", "ada", "grace", "emmy"]),
        group=st.integers(0, 12),
        split=st.sampled_from(["", "", "", "train", "val"]),
    ),
    max_size=14,
)


class TestSplit:
    @given(MEMBERS, st.floats(0, 1))
    def test_a_given_split_stays_and_nobody_else_is_divided(self, members: list[Member], val: float) -> None:
        splits = assign(members, val)
        for member, split in zip(members, splits, strict=True):
            assert split == (member.split or split)
            assert split in ("train", "val")
        for one, split in zip(members, splits, strict=True):
            for other, other_split in zip(members, splits, strict=True):
                tied = (
                    one.sha256 == other.sha256
                    or one.group == other.group
                    or (one.person and one.person == other.person)
                )
                if tied and not one.split and not other.split:
                    assert split == other_split

    @given(MEMBERS, st.permutations(range(14)))
    def test_the_order_does_not_matter(self, members: list[Member], order: list[int]) -> None:
        shuffled = [index for index in order if index < len(members)]
        splits = assign(members, 0.5)
        assert assign([members[index] for index in shuffled], 0.5) == [splits[index] for index in shuffled]

    def test_a_photograph_keeps_its_split_when_others_are_added(self) -> None:
        members = [Member(f"{index}", "", index, "") for index in range(400)]
        assert assign(members[:100], 0.3) == assign(members, 0.3)[:100]

    @pytest.mark.parametrize("val", [0.0, 0.1, 0.5, 1.0])
    def test_about_the_part_that_was_asked_for_is_held_out(self, val: float) -> None:
        splits = assign([Member(f"{index}", "", index, "") for index in range(2000)], val)
        assert splits.count("val") / 2000 == pytest.approx(val, abs=0.025)

    def test_the_person_follows_the_photograph_that_a_table_decided(self) -> None:
        members = [Member("1", "ada", 1, "val"), Member("2", "ada", 2, ""), Member("3", "", 3, "")]
        assert assign(members, 0.0) == ["val", "val", "train"]
