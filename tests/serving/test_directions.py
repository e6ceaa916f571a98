"""What an editor's file says of its directions."""

import json

import pytest

from serving import directions
from serving.directions import Direction

SMILE = {"name": "smile", "description": "The mouth is wider."}
TURN = {"name": "turn", "description": "The head turns."}


def test_they_keep_their_order() -> None:
    told = directions.named({"directions": json.dumps([TURN, SMILE])})
    assert told == (Direction("turn", "The head turns."), Direction("smile", "The mouth is wider."))


def test_a_model_that_says_nothing_has_none() -> None:
    assert directions.named({"recipe": "phiz_64"}) == ()


@pytest.mark.parametrize(
    "entries",
    [5, ["smile"], [{"name": "smile"}], [SMILE | {"layers": 3}], [SMILE, SMILE], [SMILE | {"name": 5}], [None]],
)
def test_what_is_no_list_of_directions_is_refused(entries: object) -> None:
    with pytest.raises(ValueError, match="direction"):
        directions.named({"directions": json.dumps(entries)})


def test_damaged_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        directions.named({"directions": "[{"})
