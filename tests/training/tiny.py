"""Recipes that train in seconds, and photographs that are drawn."""

import csv
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from phiz_core.filters import canny
from phiz_core.geometry import ImageArray, Points
from training.prepare.command import add_arguments
from training.prepare.source import LANDMARK_COLUMNS
from training.recipes import (
    colorizer,
    encoder_64,
    face_detector,
    face_landmarks,
    neural_identities,
    pairs,
    phiz_64,
    translator,
    unpaired,
    upscaler,
)

TINY_GENERATOR = replace(
    phiz_64.RECIPE,
    name="tiny-generator",
    latent_dim=8,
    w_dim=16,
    generator_widths=(16, 16, 8, 8, 8),
    discriminator_widths=(8, 8, 8, 8),
    encoder_widths=(8, 8, 8, 8),
    batch=4,
    rebuilt=2,
    images=24,
    penalty_interval=2,
    feature_px=64,
)
TINY_DCGAN = replace(
    neural_identities.RECIPE,
    layout="face_64",
    latent_dim=8,
    generator_widths=(8, 8, 8, 8),
    discriminator_widths=(8, 8, 8, 8),
    batch=4,
    images=24,
)
TINY_ENCODER = replace(encoder_64.RECIPE, name="tiny-encoder", batch=4, images=16)
TINY_COLORIZER = replace(colorizer.RECIPE, name="tiny-colorizer", widths=(4, 8, 8, 8), crop_px=64, batch=2, images=8)
TINY_LANDMARKS = replace(face_landmarks.RECIPE, name="tiny-landmarks", widths=(8, 8, 8, 8), batch=4, images=16)
TINY_DETECTOR = replace(
    face_detector.RECIPE, name="tiny-detector", scene_px=128, widths=(8, 8, 8, 8), depths=(1, 1, 1), head=8, batch=2
)
TINY_UPSCALER = replace(
    upscaler.RECIPES["upscaler-x2"], name="tiny-upscaler", width=8, blocks=1, crop_px=16, batch=2, images=8
)
TINY_TRANSLATOR = replace(
    translator.TRUNK, name="tiny-translator", widths=(8, 8, 8, 8), blocks=1, crop_px=(48, 32), batch=7, images=14
)
TINY_PAIRS = replace(
    pairs.RECIPE,
    name="tiny-pairs",
    layout="pairs_32x32",
    tasks=("drawn",),
    widths=(8, 8, 8, 8),
    discriminator_widths=(8, 8),
    perceptual=0.0,
    batch=2,
    images=8,
)
TINY_UNPAIRED = replace(
    unpaired.RECIPE,
    name="tiny-unpaired",
    layout="32x32",
    widths=(8, 8, 8, 8),
    discriminator_widths=(8, 8),
    pool=3,
    batch=2,
    images=8,
)


def draw_photograph(random: np.random.Generator) -> tuple[ImageArray, Points]:
    """A drawn face: RGB [160, 130, 3] and its landmarks [5, 2]."""
    photo = np.full((160, 130, 3), random.integers(0, 255, 3), np.uint8)
    eyes = np.array([[48.0, 66.0], [82.0, 66.0]]) + random.uniform(-6, 6, 2)
    middle = eyes.mean(axis=0)
    points = np.array([*eyes, middle + np.array((0, 18)), middle + np.array((-14, 34)), middle + np.array((14, 34))])
    skin = tuple(int(x) for x in random.integers(90, 255, 3))
    cv2.ellipse(photo, tuple(int(x) for x in middle + np.array((0, 12))), (38, 52), 0, 0, 360, skin, -1)
    for x, y in points[:2]:
        cv2.circle(photo, (int(x), int(y)), 5, (20, 20, 20), -1)
    cv2.line(photo, tuple(points[3].astype(int)), tuple(points[4].astype(int)), (150, 30, 30), 4)
    return photo, points


def write_photographs(folder: Path, count: int, held_out: int) -> Path:
    """Writes photographs and their table; returns the table."""
    random = np.random.default_rng(7)
    table = folder / "photos.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "split", "licence", "attribution", *LANDMARK_COLUMNS])
        for index in range(count):
            photo, points = draw_photograph(random)
            split = "val" if index < held_out else "train"
            (folder / split).mkdir(exist_ok=True)
            cv2.imwrite(str(folder / split / f"{index}.png"), photo[..., ::-1])
            writer.writerow([f"{index}.png", split, "CC0-1.0", "nobody", *points.ravel()])
    return table


def write_pairs(folder: Path, count: int) -> Path:
    """Writes drawn faces as ``folder/B`` and their edges as ``folder/A``."""
    random = np.random.default_rng(8)
    for side in "AB":
        (folder / side).mkdir(parents=True)
    for index in range(count):
        photo, _ = draw_photograph(random)
        for side, picture in (("A", canny(photo)), ("B", photo)):
            cv2.imwrite(str(folder / side / f"{index}.png"), picture[..., ::-1])
    return folder


def prepare(*arguments: str | float | Path) -> None:
    """``python -m training prepare`` with these arguments, in this process."""
    parser = ArgumentParser()
    add_arguments(parser)
    parsed = parser.parse_args([str(argument) for argument in arguments])
    parsed.command(parsed)
