"""What can go wrong in training through no fault of the code: told in one line, before hours are spent."""


class TrainingError(Exception):
    """The user can mend it: a folder that is empty, a checkpoint of another recipe, a file that is damaged."""
