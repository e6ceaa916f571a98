"""Where a picture comes from: written into its file, and read from any file, hostile ones included."""

import io
import struct
import tracemalloc
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from serving import animation, images
from serving.animation import Animation, AnimationFormat
from serving.engine.base import ModelVersion
from serving.images import Encoding, Format
from serving.operations.inspect import Evidence, Inspection, declared_by
from serving.picture_metadata import find_metadata
from serving.provenance import MAX_XMP_BYTES, Declaration, Provenance, SourceType, from_xmp, to_xmp

PIXELS = np.zeros((16, 24, 3), np.uint8)
MODELS = (ModelVersion("mapping", 1), ModelVersion("generator", 3))
GENERATED = Provenance(SourceType.GENERATED, MODELS, seed=2**64 - 1)
NOTHING = Inspection(Evidence.NOTHING_FOUND, Declaration(), content_credentials=False)
UNREADABLE = Inspection(Evidence.UNREADABLE, Declaration(), content_credentials=False)

printable = st.characters(exclude_categories=["C"])
provenances = st.builds(
    Provenance,
    st.sampled_from(SourceType),
    st.lists(st.builds(ModelVersion, st.text(printable, min_size=1, max_size=40), st.integers(0, 2**32 - 1))).map(
        tuple
    ),
    st.none() | st.integers(0, 2**64 - 1),
)


def saved(file_format: str, xmp: bytes = b"") -> bytes:
    """A picture file of another program's."""
    if file_format == "PNG" and xmp:
        return png_with(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, file_format, xmp=xmp)
    return buffer.getvalue()


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(chunk: bytes) -> bytes:
    """A PNG with one more chunk behind its header."""
    plain = saved("PNG")
    return plain[:33] + chunk + plain[33:]


def description(attributes: str, inside: str = "") -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:I="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:p="urn:phiz:provenance#" '
        f"{attributes}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


@given(provenances)
def test_what_is_written_is_read(provenance: Provenance) -> None:
    read = from_xmp(to_xmp(provenance).encode())
    assert read is not None
    assert (read.source_type, read.models, read.seed) == (provenance.source_type, provenance.models, provenance.seed)
    assert read.creator_tool == "Phiz"


@pytest.mark.parametrize("file_format", Format)
@given(provenance=provenances)
def test_every_format_carries_it(file_format: Format, provenance: Provenance) -> None:
    read = declared_by(images.encode(PIXELS, Encoding(file_format), provenance).data)
    assert read.evidence is Evidence.DECLARED
    assert not read.content_credentials
    declared = read.declaration
    assert (declared.source_type, declared.models, declared.seed) == (
        provenance.source_type,
        provenance.models,
        provenance.seed,
    )


@pytest.mark.parametrize("file_format", AnimationFormat)
def test_animations_carry_it(file_format: AnimationFormat) -> None:
    frames = np.stack([PIXELS, 255 - PIXELS])
    read = declared_by(animation.encode(frames, Animation(file_format, 70), 90, GENERATED).data)
    assert (read.declaration.source_type, read.declaration.models) == (SourceType.GENERATED, MODELS)


@pytest.mark.parametrize("file_format", Format)
def test_other_programs_find_it_in_the_words_of_iptc(file_format: Format) -> None:
    data = images.encode(PIXELS, Encoding(file_format), GENERATED).data
    with Image.open(io.BytesIO(data)) as image:
        xmp = ElementTree.fromstring(image.info["xmp"])
    (found,) = xmp.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    source_type = found.get("{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType")
    assert source_type == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


URI = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    "xmp",
    [
        description(f'I:DigitalSourceType="{URI}"'),
        description("", f"<I:DigitalSourceType>{URI}</I:DigitalSourceType>"),
        description("", f'<I:DigitalSourceType rdf:resource="{URI}"/>'),
    ],
    ids=["attribute", "text", "resource"],
)
def test_files_of_other_programs_are_read_in_every_notation(file_format: str, xmp: bytes) -> None:
    read = declared_by(saved(file_format, xmp))
    assert read == Inspection(Evidence.DECLARED, Declaration(source_type_uri=URI), content_credentials=False)
    assert read.declaration.source_type is None  # none of those that Phiz writes


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_file_without_metadata_says_nothing(file_format: str) -> None:
    assert declared_by(saved(file_format)) == NOTHING


def test_who_wrote_a_file_says_nothing_of_its_pixels() -> None:
    read = declared_by(saved("PNG", description('xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Editor"')))
    assert (read.evidence, read.declaration.creator_tool) == (Evidence.NOTHING_FOUND, "Editor")


def compressed(xmp: bytes) -> bytes:
    return png_with(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0en\0XMP\0" + zlib.compress(xmp, 9)))


def test_compressed_text_is_read() -> None:
    assert declared_by(compressed(to_xmp(GENERATED).encode())).declaration.seed == 2**64 - 1


Edit = tuple[int, bytes, int]

ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(8))
    + b"]><x>&i;</x>"
)


class TestHostileMetadata:
    @pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
    @pytest.mark.parametrize(
        "xmp",
        [
            b"no XML at all",
            b"\xff\xfe<\0x\0/\0>\0",
            to_xmp(GENERATED).encode()[:-40],
            ENTITIES,
            b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
            b"<x>\0</x>",
            b"<a>" * 10_000,
        ],
        ids=["text", "utf-16", "cut off", "entities", "external", "zero", "deep and open"],
    )
    def test_what_cannot_be_read_is_called_so(self, file_format: str, xmp: bytes) -> None:
        assert declared_by(saved(file_format, xmp)) == UNREADABLE

    @pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
    def test_the_limit_on_its_size_is_exact(self, file_format: str) -> None:
        xmp = to_xmp(GENERATED).encode()
        assert declared_by(saved(file_format, xmp.ljust(MAX_XMP_BYTES))).evidence is Evidence.DECLARED
        assert declared_by(saved(file_format, xmp.ljust(MAX_XMP_BYTES + 1))) == UNREADABLE

    def test_text_that_unfolds_without_end_is_read_up_to_the_limit(self) -> None:
        bomb = compressed(to_xmp(GENERATED).encode() + bytes(100_000_000))
        assert len(bomb) < 200_000
        found = find_metadata(bomb).xmp
        assert found is not None
        assert len(found) == MAX_XMP_BYTES + 1
        assert declared_by(bomb) == UNREADABLE

    def test_of_many_such_texts_one_is_unfolded(self) -> None:
        chunk = png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(300_000), 9))
        data = png_with(chunk * 1000)
        tracemalloc.start()
        try:
            assert declared_by(data) == UNREADABLE
            assert tracemalloc.get_traced_memory()[1] < 2_000_000
        finally:
            tracemalloc.stop()

    def test_deep_nesting_is_survived(self) -> None:
        deep = b"<a>" * 30_000 + b"</a>" * 30_000
        assert declared_by(saved("PNG", deep)) == NOTHING

    @pytest.mark.parametrize(
        "attributes",
        [
            f'p:Seed="{2**64}"',
            'p:Seed="-1"',
            'p:Seed="٣"',
            f'p:Seed="{"9" * 5000}"',
            f'I:DigitalSourceType="{"x" * 1000}"',
        ],
        ids=["too large", "negative", "other digits", "endless", "long"],
    )
    def test_values_that_are_none_are_passed_over(self, attributes: str) -> None:
        assert declared_by(saved("PNG", description(attributes))) == NOTHING

    def test_models_that_are_none_are_passed_over(self) -> None:
        items = "".join(f"<rdf:li>{text}</rdf:li>" for text in ("", "generator", " 3", "one x", "two 2", f"n {2**32}"))
        read = declared_by(saved("PNG", description("", f"<p:Models><rdf:Seq>{items}</rdf:Seq></p:Models>")))
        assert read.declaration.models == (ModelVersion("two", 2),)

    @given(
        file_format=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]),
        edits=st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=8), st.integers(0, 8)), max_size=6),
    )
    def test_a_mutated_file_is_read_without_an_error(
        self, file_format: str, edits: list[tuple[int, bytes, int]]
    ) -> None:
        if file_format == "GIF":
            frames = np.stack([PIXELS, PIXELS])
            data = bytearray(animation.encode(frames, Animation(AnimationFormat.GIF, 70), 90, GENERATED).data)
        else:
            data = bytearray(saved(file_format, to_xmp(GENERATED).encode()))
        for place, inserted, removed in edits:
            start = place % (len(data) + 1)
            data[start : start + removed] = inserted
        assert declared_by(bytes(data)).evidence in Evidence

    @pytest.mark.parametrize(
        "head", [b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"GIF89a"], ids=["JPEG", "PNG", "WEBP", "GIF"]
    )
    @pytest.mark.parametrize("filling", [b"\xff", b"\0"], ids=["ones", "zeros"])
    def test_a_file_of_parts_without_end_has_none(self, head: bytes, filling: bytes) -> None:
        assert declared_by(head + filling * 1_000_000) == NOTHING


class TestContentCredentials:
    """A C2PA manifest store is seen, and nothing is claimed of it."""

    def test_in_png(self) -> None:
        assert declared_by(png_with(png_chunk(b"caBX", b"jumb"))) == self.expected()

    def test_in_jpeg(self) -> None:
        body = b"JP\0\1\0\0\0\1\0\0\0\x40jumb\0\0\0\x1ejumdc2pa\0\x11\0\x10"
        plain = saved("JPEG")
        segment = b"\xff\xeb" + struct.pack(">H", len(body) + 2) + body
        assert declared_by(plain[:2] + segment + plain[2:]) == self.expected()

    def test_in_webp(self) -> None:
        assert declared_by(saved("WEBP") + b"C2PA" + struct.pack("<I", 4) + b"jumb") == self.expected()

    def expected(self) -> Inspection:
        return Inspection(Evidence.NOTHING_FOUND, Declaration(), content_credentials=True)
