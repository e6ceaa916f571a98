"""Where a picture comes from, in words that stay in its file: written as XMP, and read from any XMP.

What is read is what the file declares. Metadata proves nothing: anyone may write it, and anyone may remove it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from serving.engine.base import ModelVersion

MAX_XMP_BYTES: Final = 1 << 18
"""Size of XMP above which it is not read; ours has less than 1 KiB for all that Phiz has models."""

_SOURCE_TYPES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_IPTC: Final = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
_XMP: Final = "{http://ns.adobe.com/xap/1.0/}"
_PHIZ: Final = "{urn:phiz:provenance#}"

_MAX_SEED: Final = 2**64 - 1
_MAX_VERSION: Final = 2**32 - 1
_MAX_TEXT: Final = 256
"""Characters of a value; longer ones are none that are known."""


class SourceType(Enum):
    """IPTC digital source type: what a picture's pixels are."""

    GENERATED = "trainedAlgorithmicMedia"
    COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
    ENHANCED = "algorithmicallyEnhanced"

    @property
    def uri(self) -> str:
        """Its name in IPTC's vocabulary."""
        return _SOURCE_TYPES + self.value


@dataclass(frozen=True)
class Provenance:
    """Where a picture comes from: what its pixels are, the models in the order of their work, the seed if any."""

    source_type: SourceType
    models: tuple[ModelVersion, ...] = ()
    seed: int | None = None

    def and_by(self, models: Sequence[ModelVersion]) -> "Provenance":
        """The same, once further models have worked on the picture."""
        return replace(self, models=tuple(dict.fromkeys((*self.models, *models))))


@dataclass(frozen=True)
class Declaration:
    """What XMP declares of a picture; each part is empty or None where it says nothing that can be read.

    Attributes:
        source_type_uri: IPTC digital source type, of any vocabulary.
        creator_tool: the program that wrote the file, by its own word.
        models: the models that made the picture, in Phiz's words.
        seed: the seed that it was made from, in Phiz's words.
    """

    source_type_uri: str = ""
    creator_tool: str = ""
    models: tuple[ModelVersion, ...] = ()
    seed: int | None = None

    @property
    def source_type(self) -> SourceType | None:
        """The digital source type, if it is one that Phiz writes."""
        return next((kind for kind in SourceType if kind.uri == self.source_type_uri), None)


def to_xmp(provenance: Provenance) -> str:
    """An XMP packet: IPTC's digital source type for everyone, models and seed in a namespace of our own."""
    models = "".join(f"<rdf:li>{escape(name)} {version}</rdf:li>" for name, version in provenance.models)
    seed = "" if provenance.seed is None else f" phiz:Seed={quoteattr(str(provenance.seed))}"
    source = quoteattr(provenance.source_type.uri)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:phiz="urn:phiz:provenance#"'
        f' xmp:CreatorTool="Phiz" Iptc4xmpExt:DigitalSourceType={source}{seed}>'
        f"<phiz:Models><rdf:Seq>{models}</rdf:Seq></phiz:Models>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )


def from_xmp(xmp: bytes) -> Declaration | None:
    """Reads an XMP packet of anyone's. Values that are not as they should be are passed over.

    Returns:
        None if it is too large, not UTF-8 or no XML, or if it declares a document type, which XMP has no use for, and
        entities that expand without end have.
    """
    if len(xmp) > MAX_XMP_BYTES:
        return None
    try:
        text = xmp.decode().strip("\ufeff\0 \t\r\n")
        if "<!DOCTYPE" in text:
            return None
        root = ElementTree.fromstring(text)  # noqa: S314 - without a document type there are no entities to expand
    except (UnicodeDecodeError, ElementTree.ParseError):
        return None
    descriptions = list(root.iter(f"{_RDF}Description"))
    return Declaration(
        source_type_uri=_first(descriptions, f"{_IPTC}DigitalSourceType"),
        creator_tool=_first(descriptions, f"{_XMP}CreatorTool"),
        models=tuple(_models(descriptions)),
        seed=_whole(_first(descriptions, f"{_PHIZ}Seed"), _MAX_SEED),
    )


def _first(descriptions: Sequence[ElementTree.Element], name: str) -> str:
    """A simple property in any of RDF's three notations: attribute, element with text, element with a resource."""
    for description in descriptions:
        element = description.find(name)
        values = [description.get(name)]
        if element is not None:
            values += [element.get(f"{_RDF}resource"), element.text]
        for value in values:
            if value and len(value) <= _MAX_TEXT:
                return value
    return ""


def _models(descriptions: Sequence[ElementTree.Element]) -> Iterator[ModelVersion]:
    for description in descriptions:
        for item in description.iterfind(f"{_PHIZ}Models/{_RDF}Seq/{_RDF}li"):
            name, _, digits = (item.text or "").rpartition(" ")
            version = _whole(digits, _MAX_VERSION)
            if 0 < len(name) <= _MAX_TEXT and version is not None:
                yield ModelVersion(name, version)


def _whole(digits: str, maximum: int) -> int | None:
    """A whole number in plain digits, if it is one and not above ``maximum``."""
    return int(digits) if re.fullmatch("[0-9]{1,20}", digits) and int(digits) <= maximum else None
