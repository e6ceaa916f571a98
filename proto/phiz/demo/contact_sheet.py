"""The contact sheet: everything that the demonstration made, on one page."""

from collections.abc import Mapping, Sequence

from PIL import Image

from phiz.demo.page import CONTENT_PX, GAP_PX, MARGIN_PX, Page
from phiz.demo.story import EDIT, FILTERS, MIXED_SEED, Step, translated
from phiz.pictures import decode, mark

_FACES_A_ROW = 8
_ABOVE_TITLE_PX, _BELOW_TITLE_PX, _CAPTION_PX = 34, 42, 44
_TALLEST = 4 / 3
"""Height to width of a photograph above which its tile shows the middle only."""


def draw(photo: Image.Image, gray: Image.Image, steps: Sequence[Step]) -> Image.Image:
    """Draws the sheet.

    Args:
        photo: the photograph, RGB.
        gray: what was sent to be coloured, of the same size.
        steps: all of the story.

    Returns:
        RGB, 1600 px wide; its height depends on the photograph's.
    """
    step_of = {step.rpc: step for step in steps}
    pictures = {name: decode(image.data) for step in steps for name, image in step.pictures.items()}
    page = Page()
    models = step_of["ListModels"].models
    total_seconds = sum(step.milliseconds for step in steps) / 1e3
    page.header(
        "Phiz",
        f"{len(steps)} calls over gRPC, answered in {total_seconds:.1f} s",
        [f"{name} {version}" for name, version in models.items()],
    )
    _generate(page, step_of["Generate"], pictures)
    _colorize_and_align(page, step_of, pictures, photo, gray)
    _translate(page, step_of["Translate"], pictures)
    _invert_and_mix(page, step_of, pictures)
    _morph(page, step_of["Morph"], pictures)
    _average_edit_and_upscale(page, step_of, pictures)
    return page.finish()


def _generate(page: Page, step: Step, pictures: Mapping[str, Image.Image]) -> None:
    names = list(step.pictures)
    side = (CONTENT_PX - GAP_PX * (_FACES_A_ROW - 1)) // _FACES_A_ROW
    page.title(MARGIN_PX, "Generate", f"{len(names)} new faces, {_milliseconds(step)}")
    page.next_row(_BELOW_TITLE_PX)
    for first in range(0, len(names), _FACES_A_ROW):
        for column, name in enumerate(names[first : first + _FACES_A_ROW]):
            seed = step.pictures[name].provenance.seed
            page.tile(pictures[name], MARGIN_PX + column * (side + GAP_PX), side, side, f"seed {seed}")
        page.next_row(side + _CAPTION_PX)


def _colorize_and_align(
    page: Page,
    step_of: Mapping[str, Step],
    pictures: Mapping[str, Image.Image],
    photo: Image.Image,
    gray: Image.Image,
) -> None:
    colorize, align = step_of["Colorize"], step_of["Align"]
    lefts, width = _columns(3)
    height = round(width * min(_TALLEST, max(1 / _TALLEST, photo.height / photo.width)))
    count = len(align.faces)
    found = f"{count} {'face' if count == 1 else 'faces'}"
    page.next_row(_ABOVE_TITLE_PX)
    page.title(lefts[0], "Colorize", f"{_size(gray)}, {_milliseconds(colorize)}")
    page.title(lefts[2], "Align", f"{found}, {_milliseconds(align)}")
    page.next_row(_BELOW_TITLE_PX)
    page.tile(gray, lefts[0], width, height, "gray, as sent")
    page.tile(pictures["colorized.png"], lefts[1], width, height, "coloured")
    first = align.faces[0]
    caption = f"score {first.score:.2f}, roll {first.roll_degrees:.1f} degrees"
    page.tile(mark(photo, align.faces), lefts[2], width, height, caption)
    page.sign("arrow", lefts[1], height)
    page.next_row(height + _CAPTION_PX)


def _translate(page: Page, step: Step, pictures: Mapping[str, Image.Image]) -> None:
    lefts, side = _columns(2 * len(FILTERS))
    page.next_row(_ABOVE_TITLE_PX)
    page.title(MARGIN_PX, "Translate", f"the photograph filtered, and made again of that, {_milliseconds(step)}")
    page.next_row(_BELOW_TITLE_PX)
    for number, name in enumerate(FILTERS):
        left, right = lefts[2 * number : 2 * number + 2]
        page.tile(pictures[f"translate/{name}.png"], left, side, side, name)
        if translated(name) in pictures:
            page.tile(pictures[translated(name)], right, side, side, "made of that")
            page.sign("arrow", right, side)
    page.next_row(side + _CAPTION_PX)


def _invert_and_mix(page: Page, step_of: Mapping[str, Step], pictures: Mapping[str, Image.Image]) -> None:
    invert, mix = step_of["Invert"], step_of["Mix"]
    assert invert.quality
    lefts, side = _columns(4)
    page.next_row(_ABOVE_TITLE_PX)
    page.title(lefts[0], "Invert", f"{invert.quality.evaluations} evaluations, {_milliseconds(invert)}")
    page.title(lefts[2], "Mix", f"the photograph and a new face, {_milliseconds(mix)}")
    page.next_row(_BELOW_TITLE_PX)
    page.tile(decode(invert.faces[0].crop.data), lefts[0], side, side, "photograph, aligned")
    page.tile(pictures["reconstruction.png"], lefts[1], side, side, f"reconstruction, {invert.quality.psnr_db:.1f} dB")
    page.tile(pictures[f"faces/face-{MIXED_SEED}.png"], lefts[2], side, side, f"seed {MIXED_SEED}")
    page.tile(pictures["mix.png"], lefts[3], side, side, "mix, half and half")
    page.sign("arrow", lefts[1], side)
    page.sign("plus", lefts[2], side)
    page.sign("equals", lefts[3], side)
    page.next_row(side + _CAPTION_PX)


def _morph(page: Page, step: Step, pictures: Mapping[str, Image.Image]) -> None:
    names = list(step.pictures)
    side = (CONTENT_PX - GAP_PX * (len(names) - 1)) // len(names)
    page.next_row(_ABOVE_TITLE_PX)
    page.title(MARGIN_PX, "Morph", f"{len(names)} frames from one new face to another, {_milliseconds(step)}")
    page.next_row(_BELOW_TITLE_PX)
    for column, name in enumerate(names):
        page.tile(pictures[name], MARGIN_PX + column * (side + GAP_PX), side, side, f"frame {column}")
    page.next_row(side + _CAPTION_PX)


def _average_edit_and_upscale(page: Page, step_of: Mapping[str, Step], pictures: Mapping[str, Image.Image]) -> None:
    lefts, side = _columns(4)
    page.next_row(_ABOVE_TITLE_PX)
    page.title(lefts[0], "Average", _milliseconds(step_of["Average"]))
    page.title(lefts[1], "Edit", _milliseconds(step_of["Edit"]))
    page.title(lefts[3], "Upscale", _milliseconds(step_of["Upscale"]))
    page.next_row(_BELOW_TITLE_PX)
    page.tile(pictures["average.png"], lefts[0], side, side, "of the faces above")
    page.tile(pictures[f"faces/face-{MIXED_SEED}.png"], lefts[1], side, side, f"seed {MIXED_SEED}")
    edits = ", ".join(f"{name} {strength:+g}" for name, strength in EDIT)
    page.tile(pictures["edit.png"], lefts[2], side, side, edits)
    page.tile(pictures["upscaled.png"], lefts[3], side, side, f"to {_size(pictures['upscaled.png'])}")
    page.sign("arrow", lefts[2], side)
    page.sign("arrow", lefts[3], side)
    page.next_row(side + _CAPTION_PX)


def _columns(count: int) -> tuple[list[int], int]:
    width = (CONTENT_PX - 2 * GAP_PX * (count - 1)) // count
    return [MARGIN_PX + column * (width + 2 * GAP_PX) for column in range(count)], width


def _size(picture: Image.Image) -> str:
    return f"{picture.width} x {picture.height} px"


def _milliseconds(step: Step) -> str:
    return f"{step.milliseconds:.0f} ms" if step.milliseconds < 1000 else f"{step.milliseconds / 1e3:.1f} s"
