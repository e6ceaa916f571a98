"""Whether the models of a repository belong together, by what training wrote into their files."""

import json
import re
from collections.abc import Mapping
from typing import Final

from serving import directions, translators
from serving.errors import ModelInvalid

_ONE_GENERATOR: Final = re.compile(r"mapping|generator(_\d+)?|inverter|editor")
_COLORIZER: Final = "colorizer"


def check_together(metadata: Mapping[str, Mapping[str, str]]) -> None:
    """Checks the metadata of the models by name.

    Raises:
        ModelInvalid: mapping, generator, inverter and editor come from different generators, the colorizer does not
            say at which size it works, a translator not what it works on, or a model's metrics or directions are not
            as they must be.
    """
    for name, entries in metadata.items():
        try:
            directions.named(entries)
        except ValueError as error:
            raise ModelInvalid(f'The directions of model "{name}" cannot be read: {error}.') from error
        if name.startswith(translators.PREFIX):
            try:
                translators.Translator.read(entries)
            except ValueError as error:
                raise ModelInvalid(f'What model "{name}" works on cannot be read: {error}.') from error
        if not _is_metrics(entries.get("metrics", "{}")):
            raise ModelInvalid(f'The metrics of model "{name}" are no JSON object of numbers.')
    digests = {name: metadata[name].get("generator_digest") for name in metadata if _ONE_GENERATOR.fullmatch(name)}
    if digests and (None in digests.values() or len(set(digests.values())) > 1):
        raise ModelInvalid(f"These models do not belong together; their generator_digest must be one: {digests}")
    working_px = metadata.get(_COLORIZER, {"working_px": "1"}).get("working_px", "")
    if not working_px.isdecimal() or int(working_px) < 1:
        raise ModelInvalid(f'Model "{_COLORIZER}" has no working_px, the long side in px that it works at.')


def _is_metrics(text: str) -> bool:
    try:
        metrics = json.loads(text)
    except ValueError:
        return False
    return isinstance(metrics, dict) and all(type(value) in (int, float) for value in metrics.values())
