"""The user's own pictures are matched by folder and name, checked one by one, and packed at one size."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phiz_core.geometry import ImageArray
from training.dataset import PackedImages
from training.errors import TrainingError
from training.pairs.find import Splits, find_pairs, find_pictures
from training.pairs.pack import pack

PICTURES = tuple(f"{number}.png" for number in range(5))


def plain(colour: tuple[int, int, int] = (10, 20, 30), width: int = 20, height: int = 12) -> ImageArray:
    return np.full((height, width, 3), colour, np.uint8)


def write(path: Path, picture: ImageArray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture[..., ::-1])


def fill(folder: Path, names: tuple[str, ...] = PICTURES, width: int = 20) -> Path:
    for index, name in enumerate(names):
        write(folder / name, plain((index, 0, 0), width))
    return folder


def names(splits: Splits) -> dict[str, list[str]]:
    return {split: [example.name for example in examples] for split, examples in splits.items()}


class TestFindingPairs:
    def test_a_folder_of_pictures_holds_a_and_b_side_by_side_and_a_tenth_is_held_out(self, tmp_path: Path) -> None:
        found = find_pairs(fill(tmp_path, tuple(f"{number:02}.jpg" for number in range(30))))
        assert {split: len(examples) for split, examples in found.items()} == {"train": 27, "val": 3}
        assert sorted(names(found)["train"] + names(found)["val"]) == [f"{number:02}" for number in range(30)]
        assert all(example.side_by_side for examples in found.values() for example in examples)

    def test_two_folders_are_matched_by_names_whatever_the_suffix(self, tmp_path: Path) -> None:
        fill(tmp_path / "A", ("x.png", "below/y.png"))
        fill(tmp_path / "B", ("x.jpg", "below/y.png"))
        found = find_pairs(tmp_path)
        assert sorted(names(found)["train"] + names(found)["val"]) == ["below/y", "x"]
        for examples in found.values():
            for example in examples:
                assert [file.relative_to(tmp_path).parts[0] for file in example.files] == ["A", "B"]

    @pytest.mark.parametrize(
        "folders",
        [
            ("train", "val", "test"),
            ("A/train", "A/val", "A/test", "B/train", "B/val", "B/test"),
            ("train/A", "train/B", "val/A", "val/B", "test/A", "test/B"),
        ],
    )
    def test_what_folders_hold_out_is_held_out(self, folders: tuple[str, ...], tmp_path: Path) -> None:
        for folder in folders:
            fill(tmp_path / folder, tuple(f"{split}.png" for split in ("train", "val", "test") if split in folder))
        assert names(find_pairs(tmp_path)) == {"train": ["train"], "val": ["val", "test"]}

    def test_hidden_files_do_not_count(self, tmp_path: Path) -> None:
        fill(tmp_path, (*PICTURES, ".hidden.png"))
        fill(tmp_path / ".thumbnails")
        assert sum(map(len, find_pairs(tmp_path).values())) == len(PICTURES)

    @settings(max_examples=20)
    @given(count=st.integers(2, 40), data=st.data())
    def test_a_picture_is_held_out_or_not_whatever_the_order_of_the_others(
        self, count: int, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        ordered = tuple(f"{number}.png" for number in range(count))
        one, other = (
            find_pictures(touch(tmp_path_factory.mktemp("pictures"), some))
            for some in (ordered, tuple(data.draw(st.permutations(ordered))))
        )
        assert names(one) == names(other)
        assert len(one["val"]) == max(1, round(count / 10))


def touch(folder: Path, some: tuple[str, ...]) -> Path:
    for name in some:
        (folder / name).touch()
    return folder


class TestRefusals:
    """Before anything is trained it is told which file is wrong, and why."""

    def test_no_folder_or_an_empty_one(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="none is no folder"):
            find_pairs(tmp_path / "none")
        with pytest.raises(TrainingError, match="holds no pictures"):
            find_pairs(tmp_path)

    def test_one_side_alone(self, tmp_path: Path) -> None:
        fill(tmp_path / "A")
        with pytest.raises(TrainingError, match="has a folder A, but no folder B"):
            find_pairs(tmp_path)

    def test_pictures_without_a_partner(self, tmp_path: Path) -> None:
        fill(tmp_path / "A", ("1.png", "2.png"))
        fill(tmp_path / "B", ("2.png", "3.png"))
        with pytest.raises(TrainingError, match=r"A/1\.png has no partner in .*B; .*B/3\.png has no partner in .*A"):
            find_pairs(tmp_path)

    def test_of_many_the_first_are_named_and_all_are_counted(self, tmp_path: Path) -> None:
        fill(tmp_path / "A", tuple(f"{number}.png" for number in range(9)))
        fill(tmp_path / "B", ("0.png",))
        with pytest.raises(TrainingError, match=r"A/1\.png .*A/5\.png has no partner in [^;]*; and 3 more$"):
            find_pairs(tmp_path)

    def test_two_files_of_one_name(self, tmp_path: Path) -> None:
        fill(tmp_path, ("1.png", "1.jpg"))
        with pytest.raises(TrainingError, match=r"1\.jpg and .*1\.png have one name"):
            find_pairs(tmp_path)

    def test_something_beside_the_folders(self, tmp_path: Path) -> None:
        fill(tmp_path, ("train/1.png", "2.png"))
        with pytest.raises(TrainingError, match=r"2\.png lies beside the folders train"):
            find_pairs(tmp_path)

    def test_sides_that_are_divided_otherwise(self, tmp_path: Path) -> None:
        for folder in ("A/train", "A/val", "B/train"):
            fill(tmp_path / folder)
        with pytest.raises(TrainingError, match="are not divided into the same folders"):
            find_pairs(tmp_path)

    def test_nothing_to_learn_from_or_nothing_to_hold_out(self, tmp_path: Path) -> None:
        fill(tmp_path / "one" / "val")
        with pytest.raises(TrainingError, match="has no folder train beside val"):
            find_pairs(tmp_path / "one")
        fill(tmp_path / "two", ("1.png",))
        with pytest.raises(TrainingError, match=r"1\.png is alone"):
            find_pairs(tmp_path / "two")

    def test_pictures_that_cannot_be_used_are_all_told_and_nothing_is_left(self, tmp_path: Path) -> None:
        folder = fill(tmp_path / "pairs")
        write(folder / "odd.png", plain(width=21))
        (folder / "empty.png").touch()
        (folder / "cut.png").write_bytes((folder / "0.png").read_bytes()[:60])
        (folder / "notes.txt").write_text("not a picture")
        with pytest.raises(TrainingError) as told:
            pack({"pairs": find_pairs(folder)}, 16, 16, tmp_path / "run")
        for complaint in (
            "odd.png: 21 pixels wide, which A and B side by side cannot be",
            "empty.png: the file is empty",
            "cut.png: damaged",
            "notes.txt: no picture in a format that is read",
        ):
            assert complaint in str(told.value)
        assert [path.name for path in (tmp_path / "run").iterdir()] == [".lock"]

    def test_sizes_that_differ(self, tmp_path: Path) -> None:
        fill(tmp_path / "pairs" / "A")
        fill(tmp_path / "pairs" / "B")
        write(tmp_path / "pairs" / "B" / "3.png", plain(width=22))
        with pytest.raises(TrainingError, match=r"A/3\.png has 20 x 12 pixels, but .*B/3\.png has 22 x 12$"):
            pack({"pairs": find_pairs(tmp_path / "pairs")}, 16, 16, tmp_path / "run")


class TestPacking:
    def test_a_row_is_a_and_b_each_resized(self, tmp_path: Path) -> None:
        folder = tmp_path / "pairs"
        for number in range(4):
            halves = [plain((number, 0, 200)), plain((0, number, 100))]
            write(folder / f"{number}.png", np.concatenate(halves, axis=1))
        data = pack({"pairs": find_pairs(folder)}, 32, 16, tmp_path / "run")
        splits = [PackedImages.open(data, split, "pairs_32x16") for split in ("train", "val")]
        assert [len(split.images) for split in splits] == [3, 1]
        for row in np.concatenate([split.images for split in splits]):
            assert row.shape == (16, 32, 6)
            number = row[0, 0, 0]
            assert (row == [number, 0, 200, 0, number, 100]).all()

    def test_two_folders_side_by_side_are_packed_alike(self, tmp_path: Path, astronaut: ImageArray) -> None:
        for number in range(3):
            a, b = astronaut[: 40 + number, :60], astronaut[-40 - number :, -60:]
            write(tmp_path / "one" / "A" / f"{number}.png", a)
            write(tmp_path / "one" / "B" / f"{number}.png", b)
            write(tmp_path / "two" / f"{number}.png", np.concatenate([a, b], axis=1))
        rows = [
            PackedImages.open(
                pack({"pairs": find_pairs(tmp_path / folder)}, 48, 48, tmp_path / "run" / folder),
                "train",
                "pairs_48x48",
            ).images
            for folder in ("one", "two")
        ]
        np.testing.assert_array_equal(rows[0], rows[1])

    def test_the_same_files_are_packed_once(self, tmp_path: Path) -> None:
        sets = {"pairs": find_pairs(fill(tmp_path / "pairs"))}
        data = pack(sets, 16, 16, tmp_path / "run")
        before = (data / "train.pairs_16x16.npy").stat().st_mtime_ns
        assert pack(sets, 16, 16, tmp_path / "run") == data
        assert (data / "train.pairs_16x16.npy").stat().st_mtime_ns == before

    def test_other_files_or_another_size_are_refused(self, tmp_path: Path) -> None:
        folder = fill(tmp_path / "pairs")
        pack({"pairs": find_pairs(folder)}, 16, 16, tmp_path / "run")
        with pytest.raises(TrainingError, match="packed from other pictures, or at another size"):
            pack({"pairs": find_pairs(folder)}, 32, 16, tmp_path / "run")
        write(folder / "0.png", plain((99, 0, 0)))
        with pytest.raises(TrainingError, match="packed from other pictures"):
            pack({"pairs": find_pairs(folder)}, 16, 16, tmp_path / "run")

    def test_the_digest_tells_direction_of_files_and_splits_apart(self, tmp_path: Path) -> None:
        fill(tmp_path / "a")
        write(tmp_path / "b" / "1.png", plain((1, 2, 3)))
        write(tmp_path / "b" / "2.png", plain((3, 2, 1)))
        a, b = find_pictures(tmp_path / "a"), find_pictures(tmp_path / "b")
        swapped = {"train": b["val"], "val": b["train"]}
        digests = [
            json.loads((pack(sets, 16, 16, tmp_path / str(number)) / "dataset.json").read_text())["digest"]
            for number, sets in enumerate(({"a": a, "b": b}, {"a": b, "b": a}, {"a": a, "b": swapped}))
        ]
        assert len(set(digests)) == 3

    def test_what_a_killed_process_left_is_begun_anew(self, tmp_path: Path) -> None:
        leftover = tmp_path / "run" / "data.part"
        leftover.mkdir(parents=True)
        (leftover / "train.pairs_16x16.npy").write_bytes(b"half")
        data = pack({"pairs": find_pairs(fill(tmp_path / "pairs"))}, 16, 16, tmp_path / "run")
        assert len(PackedImages.open(data, "train", "pairs_16x16").images) == 4
        assert not leftover.exists()
