"""What can go wrong in a benchmark."""


class MissingError(Exception):
    """Something that is to be measured, or measured with, is not there; the message says what."""
