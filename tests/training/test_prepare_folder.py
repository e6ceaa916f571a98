"""A folder as people have it becomes a data set: every file is listed, with what became of it."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
import skimage.data
from PIL import Image, ImageDraw

from phiz_core.geometry import ImageArray
from tests.training.tiny import prepare
from training.dataset import PackedImages
from training.errors import TrainingError
from training.prepare.quality import Reason

REPOSITORY = Path(__file__).parents[2] / "model_repository"


def prepare_folder(photos: Path, out: Path, *options: str | float) -> list[dict[str, str]]:
    """The rows of the manifest."""
    prepare("--photos", photos, "--out", out, "--repository", REPOSITORY, "--workers", 1, *options)
    return manifest(out)


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def generated_faces(count: int) -> ImageArray:
    """People who do not exist: RGB [count, 192, 192, 3]."""
    mapping, generator = (
        onnxruntime.InferenceSession(max(REPOSITORY.glob(f"{name}/*/model.onnx"))) for name in ("mapping", "generator")
    )
    z = np.random.default_rng(1).standard_normal((count, 64)).astype(np.float32)
    (w_plus,) = mapping.run(None, {"z": z, "truncation": np.full((count, 1), 0.7, np.float32)})
    (faces,) = generator.run(None, {"w_plus": w_plus})
    return np.stack([cv2.resize(face, (192, 192), interpolation=cv2.INTER_CUBIC) for face in faces])


def forty_faces(astronaut: ImageArray) -> ImageArray:
    """Eight columns, five rows; each a little larger than the one before, every other one mirrored."""
    scene = np.full((1000, 1600, 3), 90, np.uint8)
    for number in range(40):
        side = 140 + number
        tile = cv2.resize(astronaut[20:220, 120:320], (side, side), interpolation=cv2.INTER_AREA)
        row, column = divmod(number, 8)
        scene[200 * row :, 200 * column :][:side, :side] = tile[:, :: -1 if number % 2 else 1]
    return scene


def house() -> Image.Image:
    drawing = Image.new("RGB", (480, 360), "white")
    pen = ImageDraw.Draw(drawing)
    pen.rectangle((120, 160, 360, 330), outline="black", width=4)
    pen.polygon([(100, 160), (240, 50), (380, 160)], outline="black", width=4)
    return drawing


@pytest.fixture(scope="module")
def formats(tmp_path_factory: pytest.TempPathFactory, astronaut: ImageArray) -> dict[str, dict[str, str]]:
    """The astronaut in each format, prepared without looking for duplicates: rows by file."""
    folder = tmp_path_factory.mktemp("formats")
    photo = Image.fromarray(astronaut)
    gray = np.asarray(photo.convert("L"), np.uint16)
    clear = photo.convert("RGBA")
    clear.paste((0, 0, 0, 0), (400, 0, 512, 512))
    lying = Image.Exif()
    lying[0x0112] = 6
    photo.save(folder / "rgb.png")
    photo.save(folder / "plain.jpg", quality=90)
    photo.save(folder / "web.webp", quality=90)
    photo.save(folder / "page.tif")
    photo.save(folder / "map.bmp")
    photo.save(folder / "first.gif", save_all=True, append_images=[photo.rotate(180)])
    photo.convert("CMYK").save(folder / "inks.jpg", quality=90)
    photo.quantize(256).save(folder / "palette.png")
    photo.transpose(Image.Transpose.ROTATE_90).save(folder / "lying.jpg", quality=90, exif=lying)
    clear.save(folder / "alpha.png")
    Image.fromarray(gray * 257).save(folder / "deep.png")
    rows = prepare_folder(folder, folder.parent / "formats_set", "--layouts", "face_64", "--duplicate-bits", -1)
    return {row["file"]: row for row in rows}


def test_the_face_is_found_alike_in_every_format(formats: dict[str, dict[str, str]]) -> None:
    assert len(formats) == 11
    expected = formats["rgb.png"]
    for name, row in formats.items():
        assert row["reason"] == "", name
        for column in ("left_eye_x", "left_eye_y", "right_eye_x", "nose_y", "mouth_left_x"):
            assert float(row[column]) == pytest.approx(float(expected[column]), abs=1), (name, column)
        assert float(row["mean"]) == pytest.approx(float(expected["mean"]), abs=3), name


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, astronaut: ImageArray) -> Path:
    """A set of what folders hold besides good portraits, made by two processes with all there is to make."""
    root = tmp_path_factory.mktemp("odd")
    photos = root / "photos"
    (photos / "deep").mkdir(parents=True)
    Image.fromarray(astronaut).save(photos / "astronaut.png")
    Image.fromarray(astronaut).resize((300, 300)).save(photos / "deep" / "again & <smaller>.jpg")
    Image.fromarray(astronaut[:, 225:]).save(photos / "cut.png")
    Image.fromarray(astronaut).resize((150, 150)).save(photos / "far.png")
    Image.fromarray(np.asarray(cv2.GaussianBlur(astronaut, (0, 0), 4), np.uint8)).save(photos / "blurred.png")
    Image.fromarray(forty_faces(astronaut)).save(photos / "forty.png")
    Image.fromarray(skimage.data.chelsea()).save(photos / "cat.jpg")
    house().save(photos / "house.gif")
    Image.new("RGB", (1, 1)).save(photos / "pixel.png")
    (photos / "notes.txt").write_text("not a picture")
    (photos / "empty.jpg").touch()
    half = (photos / "cat.jpg").read_bytes()
    (photos / "half.jpg").write_bytes(half[: len(half) // 2])
    prepare(
        *("--photos", photos, "--out", root / "set", "--repository", REPOSITORY, "--workers", 2, "--filters"),
        *("--layouts", "face_64", "celeba_56", "portrait_360x480", "--val", 0, "--min-size", 20),
    )
    return root / "set"


def test_every_file_is_listed_with_its_reason(odd: Path) -> None:
    reasons = {row["file"]: row["reason"] for row in manifest(odd)}
    taken = {name for name, reason in reasons.items() if not reason}
    assert {name: reason for name, reason in reasons.items() if reason} == {
        "deep/again & <smaller>.jpg": Reason.DUPLICATE,
        "cut.png": Reason.CUT_OFF,
        "far.png": Reason.TOO_SMALL,
        "blurred.png": Reason.BLURRED,
        "cat.jpg": Reason.NO_FACE,
        "house.gif": Reason.NO_FACE,
        "pixel.png": Reason.NO_FACE,
        "notes.txt": Reason.UNREADABLE,
        "empty.jpg": Reason.UNREADABLE,
        "half.jpg": Reason.UNREADABLE,
    }
    assert taken == {"astronaut.png", "forty.png"}


def test_a_rejected_file_tells_its_figure(odd: Path) -> None:
    details = {row["file"]: row["detail"] for row in manifest(odd)}
    assert details["deep/again & <smaller>.jpg"] == "of astronaut.png"
    assert details["empty.jpg"] == "the file is empty"
    assert re.fullmatch(r"1\d\.\d px between the eyes", details["far.png"])
    assert re.fullmatch(r"sharpness \d+", details["blurred.png"])


def test_the_set_is_packed_with_landmarks_in_its_pixels(odd: Path) -> None:
    facts = json.loads((odd / "dataset.json").read_text())
    assert facts["counts"] == {"train": 2, "val": 0}
    assert set(facts["face_models"]) == {"face_detector", "face_landmarks"}
    for name, shape in (("face_64", (64, 64)), ("celeba_56", (56, 56)), ("portrait_360x480", (480, 360))):
        images = PackedImages.open(odd, "train", name).images
        landmarks = np.load(odd / f"train.{name}.landmarks.npy")
        assert images.shape == (2, *shape, 3)
        assert landmarks.shape == (2, 5, 2)
        assert np.all(landmarks > 0)
        assert np.all(landmarks < shape[::-1])
        assert np.load(odd / f"val.{name}.npy").shape == (0, *shape, 3)
    eyes = np.load(odd / "train.celeba_56.landmarks.npy")[:, :2]
    np.testing.assert_allclose(eyes, np.array([[[34, 56], [73, 56]]] * 2) * 56 / 108, atol=1e-3)


def test_the_report_shows_all_and_needs_no_other_file(odd: Path) -> None:
    page = (odd / "report.html").read_text(encoding="utf-8")
    for row in manifest(odd):
        if row["reason"] and "&" not in row["file"]:
            assert f"{row['file']}: {row['detail']}" in page
    assert "deep/again &amp; &lt;smaller&gt;.jpg" in page
    assert "<smaller>" not in page
    assert len(re.findall(r"<svg ", page)) == 8
    assert set(re.findall(r'(?:src|href)="(?!data:|#)([^"]*)"', page)) == {
        "manifest.csv",
        "contact_sheet.png",
        "alignment.webp",
    }


def test_the_pictures_show_the_taken_faces(odd: Path) -> None:
    assert Image.open(odd / "contact_sheet.png").size == (256, 128)
    with Image.open(odd / "alignment.webp") as animation:
        assert getattr(animation, "n_frames", 1) == 2
        assert animation.size == (520, 284)
    names = {"gray", "rgb_thresholds", "colour_contours", "canny", "sketch", "side_by_side"}
    assert {path.stem for path in (odd / "filters").iterdir()} == names
    assert Image.open(odd / "filters" / "side_by_side.png").size == (512, 6 * 256)
    layers = np.asarray(Image.open(odd / "filters" / "rgb_thresholds.png"))
    assert set(np.unique(layers)) == {0, 255}


def test_nothing_else_is_left_behind(odd: Path) -> None:
    assert sorted(path.name for path in odd.parent.iterdir()) == ["photos", "set"]


def test_all_faces_of_a_crowd_are_taken_on_demand(tmp_path: Path, astronaut: ImageArray) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.fromarray(forty_faces(astronaut)).save(photos / "forty.png")
    options: list[Any] = ["--layouts", "face_64", "--faces", "all"]
    rows = prepare_folder(photos, tmp_path / "all", *options, "--duplicate-bits", -1)
    taken = [row for row in rows if not row["reason"]]
    assert len(taken) == 40
    assert {row["reason"] for row in rows} <= {"", Reason.DOUBTFUL}
    assert sorted(int(row["face"]) for row in rows) == list(range(len(rows)))
    assert len({row["split"] for row in taken}) == 1, "one photograph is not divided"
    rows = prepare_folder(photos, tmp_path / "distinct", *options)
    assert sum(not row["reason"] for row in rows) == 2, "the face, and the mirrored face"


def write_persons(folder: Path) -> Path:
    """Two photographs of each of six persons."""
    for number, face in enumerate(generated_faces(12)):
        photo = np.full((260, 220, 3), 90, np.uint8)
        photo[40:232, 14:206] = face
        path = folder / f"person {number % 6}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo).save(path)
    return folder


def test_persons_are_not_divided(tmp_path: Path) -> None:
    photos = write_persons(tmp_path / "photos")
    rows = prepare_folder(photos, tmp_path / "set", "--layouts", "face_16", "--persons", "folder", "--val", 0.5)
    splits = {row["person"]: {other["split"] for other in rows if other["person"] == row["person"]} for row in rows}
    assert sorted(splits) == [f"person {number}" for number in range(6)]
    assert all(len(some) == 1 for some in splits.values())
    assert set.union(*splits.values()) == {"train", "val"}


def test_a_table_without_landmarks_has_its_faces_found(tmp_path: Path) -> None:
    photos = write_persons(tmp_path)
    table = photos / "photos.csv"
    table.write_text(
        "file,split,person,licence,attribution\nperson 0/0.png,val,ada,CC0-1.0,nobody\nperson 1/1.png,,,,\n"
    )
    rows = prepare_folder(table, tmp_path / "set", "--layouts", "face_16", "--val", 0)
    columns = ("split", "index", "file", "person", "licence", "attribution")
    assert [tuple(row[column] for column in columns) for row in rows] == [
        ("train", "0", "person 1/1.png", "", "", ""),
        ("val", "0", "person 0/0.png", "ada", "CC0-1.0", "nobody"),
    ]


def test_a_set_without_a_face_is_an_error_that_the_report_explains(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    house().save(tmp_path / "photos" / "house.png")
    with pytest.raises(TrainingError, match=r"not one face was taken; .*report\.html says why"):
        prepare_folder(tmp_path / "photos", tmp_path / "set")
    assert [row["reason"] for row in manifest(tmp_path / "set")] == ["no face"]


class TestMistakes:
    @pytest.fixture
    def photos(self, tmp_path: Path) -> Path:
        folder = tmp_path / "photos"
        folder.mkdir()
        house().save(folder / "house.png")
        return folder

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            (["--layouts", "face_64", "square"], "no layout square"),
            (["--val", "1.5"], "0 to 1; 1.5 is not"),
            (["--workers", "0"], "at least one worker"),
        ],
    )
    def test_an_option_out_of_range_is_told(self, photos: Path, options: list[str], complaint: str) -> None:
        with pytest.raises(TrainingError, match=complaint):
            prepare("--photos", photos, "--out", photos.parent / "set", *options)

    def test_a_set_within_the_photographs_is_refused(self, photos: Path) -> None:
        with pytest.raises(TrainingError, match="lies within the photographs"):
            prepare("--photos", photos, "--out", photos / "set")

    def test_missing_networks_are_told(self, photos: Path, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match=r"has no model face_detector.* --repository"):
            prepare("--photos", photos, "--out", tmp_path / "set", "--repository", tmp_path)

    def test_a_damaged_network_is_told(self, photos: Path, tmp_path: Path) -> None:
        for name in ("face_detector", "face_landmarks"):
            (tmp_path / name / "1").mkdir(parents=True)
            (tmp_path / name / "1" / "model.onnx").write_bytes(b"no network")
        with pytest.raises(TrainingError, match="no network that can be run"):
            prepare("--photos", photos, "--out", tmp_path / "set", "--repository", tmp_path)

    def test_nothing_is_written_after_a_mistake(self, photos: Path) -> None:
        with pytest.raises(TrainingError):
            prepare("--photos", photos, "--out", photos.parent / "set", "--repository", photos)
        assert [path.name for path in photos.parent.iterdir()] == ["photos"]
