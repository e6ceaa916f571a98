"""Writes a published model's MODEL_CARD.md from what its file says of itself."""

import json
from collections.abc import Mapping

_ABOUT = {
    "mapping": "Turns a random z into the w+ that the generator takes; truncation draws it towards the average face.",
    "generator": "Turns a w+ into a face. Style-modulated, trained as a GAN that is also an autoencoder.",
    "generator_128": "Turns the same w+ into the same face at twice the size: one more stage on top of the generator.",
    "inverter": "Finds the w+ of an aligned face: an encoder's guess, then L-BFGS in one graph on the picture's "
    "error, in which what is around the face counts a quarter.",
    "editor": "Changes a w+ along directions, named and numbered, by strengths in standard deviations of new faces.",
    "colorizer": "Gives a gray photograph its chroma; the luminance stays the photograph's own.",
    "upscaler_x2": "Enlarges a picture to twice its sides, with the detail that portraits most likely have.",
    "upscaler_x4": "Enlarges a picture to four times its sides, with the detail that portraits most likely have.",
    "face_detector": "Proposes the faces of a photograph of any size, each by its eyes, nose and mouth corners.",
    "face_landmarks": "Tells of a crop whether it shows a face, and where its eyes, nose and mouth corners are.",
}

_ABOUT_DCGAN = {
    "mapping": "Hands a random z on as a w+ of one layer; truncation draws it towards 0.",
    "generator": "Turns such a w+, which is z, into a face. The published DCGAN, to compare with.",
    "inverter": "Finds the z of an aligned face for that DCGAN: L-BFGS from z = 0 in one graph.",
}

_ABOUT_TRANSLATORS = {
    "autoencode": "Rebuilds a photograph from a code of a sixth as many numbers.",
    "thresholds": "Makes a photograph of three binary layers, its red, green and blue each above or below a level.",
    "contours": "Makes a photograph of lines of equal value, four a colour.",
    "canny": "Makes a photograph of Canny's edges.",
    "sketch": "Makes a photograph of a pencil drawing.",
    "inpaint": "Fills the holes of a photograph.",
    "outpaint": "Goes on with a photograph beyond its border.",
}

_OF_OWN_PICTURES = ("translator-pairs", "translator-unpaired")
"""Recipes whose data nobody but the user knows."""

_MEASURED = {"editor": "on new faces, in their standard deviations, of one unit of each direction"}
"""By model name, where it is not on held-out people."""


def model_card(name: str, facts: Mapping[str, str]) -> str:
    """Markdown for the model ``name`` with the metadata ``facts`` of its file."""
    metrics = json.loads(facts["metrics"])
    rows = "\n".join(f"| {key} | {value:.4g} |" for key, value in sorted(metrics.items()))
    own = facts["recipe"] in _OF_OWN_PICTURES
    known = "" if own else "; credits, licences, bias and limits stand in\n  [MODEL_CARD.md](../../MODEL_CARD.md)"
    measured = "on held-out pictures" if own else _MEASURED.get(name, "on held-out people")
    return f"""# {name}

{_about(name, facts["recipe"])}

- Version: {facts["version"]}
- Recipe: `{facts["recipe"]}`, {int(facts["images"]):,} images seen
- Data: SHA-256 of the source files `{facts["dataset_digest"]}`{known}

| metric, {measured} | value |
| --- | --- |
{rows}
"""


def _about(name: str, recipe: str) -> str:
    if recipe == "neural-identities":
        return _ABOUT_DCGAN[name]
    kind, _, task = name.partition("translator_")
    if kind:
        return _ABOUT[name]
    return _ABOUT_TRANSLATORS.get(task, f"Translates pictures, as it learnt from those of {task}.")
