"""Content Credentials (C2PA): a statement of where a picture comes from, signed by the server and kept in the file."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from serving.images import EncodedImage


class Verification(Enum):
    """How far Content Credentials hold."""

    NOT_VERIFIED = auto()
    INVALID = auto()
    SIGNED = auto()
    TRUSTED = auto()


@dataclass(frozen=True)
class ContentCredentials:
    """What a file's Content Credentials say; all but the first is empty where that is not read.

    Attributes:
        verification: whether they hold.
        signer: organization and name of the certificate that they are signed with.
        claim_generator: the program that wrote them, by its own word.
        source_type_uri: IPTC digital source type of the first action that has one.
        failures: what does not hold, in the codes of the C2PA specification.
    """

    verification: Verification
    signer: str = ""
    claim_generator: str = ""
    source_type_uri: str = ""
    failures: tuple[str, ...] = ()


class Credentials(Protocol):
    """Signs what leaves and verifies what comes. Both block; call them in a thread, any number at a time."""

    def sign(self, file: EncodedImage) -> EncodedImage:
        """The same picture with signed Content Credentials in its file, if the server signs."""
        ...

    def verify(self, data: bytes, mime_type: str) -> ContentCredentials:
        """What the Content Credentials of a file say that has some, if the server verifies them."""
        ...


class Uncredentialed:
    """Neither signs nor verifies."""

    def sign(self, file: EncodedImage) -> EncodedImage:
        """See Credentials."""
        return file

    def verify(self, data: bytes, mime_type: str) -> ContentCredentials:
        """See Credentials."""
        return ContentCredentials(Verification.NOT_VERIFIED)


UNCREDENTIALED: Final = Uncredentialed()
