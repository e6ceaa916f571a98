"""Who may come in, and that a flood leaves room for others."""

from collections import deque
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.admission import Admission
from serving.errors import CallerOverShare, Overloaded, TooManyFaces, TooManyPixels, TooManyRequests
from serving.metrics import Metrics


class Flood:
    """A caller who keeps as many requests running as he is let."""

    def __init__(self, admission: Admission, name: str) -> None:
        self._admission = admission
        self._name = name
        self._running: deque[ExitStack] = deque()

    @property
    def running(self) -> int:
        return len(self._running)

    def send(self) -> type[Overloaded] | None:
        """One more request; the reason why it is refused, if it is."""
        request = ExitStack()
        try:
            request.enter_context(self._admission.request(self._name))
        except Overloaded as refused:
            return type(refused)
        self._running.append(request)
        return None

    def send_all(self) -> type[Overloaded]:
        while (refused := self.send()) is None:
            pass
        return refused

    def end_one(self) -> None:
        if self._running:
            self._running.popleft().close()


def admission(max_requests: int = 1, max_pixels: int = 1, max_faces: int = 1) -> Admission:
    return Admission(max_requests, max_pixels, max_faces, Metrics())


@pytest.mark.parametrize(("places", "one_gets"), [(1, 1), (2, 2), (4, 3), (64, 48)])
def test_one_caller_gets_three_quarters(places: int, one_gets: int) -> None:
    flood = Flood(admission(places), "one")
    assert flood.send_all() is (CallerOverShare if one_gets < places else TooManyRequests)
    assert flood.running == one_gets


def test_all_places_are_taken_by_many_callers() -> None:
    door = admission(64)
    callers = [Flood(door, str(number)) for number in range(64)]
    assert [caller.send() for caller in callers] == [None] * 64
    assert Flood(door, "another").send() is TooManyRequests


@given(places=st.integers(4, 200), floods=st.integers(1, 3))
def test_a_flood_leaves_room_for_who_comes_next(places: int, floods: int) -> None:
    door = admission(places)
    flooding = [Flood(door, str(number)) for number in range(floods)]
    for _ in range(places):
        for flood in flooding:
            flood.send()
    newcomers = [Flood(door, f"new {number}") for number in range(places // (4 * floods))]
    assert all(newcomer.send() is None for newcomer in newcomers)


@given(places=st.integers(16, 200))
def test_who_came_first_shares_with_who_comes_later(places: int) -> None:
    """The first holds his three quarters when the second comes; as requests end, both come to hold about the same."""
    door = admission(places)
    first, second = Flood(door, "first"), Flood(door, "second")
    for _ in range(4 * places):
        for flood in (first, second):
            flood.end_one()
        for flood in (first, second):
            flood.send()
            flood.send()
    assert first.running // 2 <= second.running <= first.running


def test_a_place_is_free_again_whatever_becomes_of_the_request() -> None:
    door = admission(1)
    with pytest.raises(KeyError), door.request("one"):
        raise KeyError
    with door.request("one"):
        pass


def test_a_request_is_not_held_up_by_the_pixels_it_has_itself() -> None:
    door = admission(max_requests=9, max_pixels=100)
    with door.pixels("one", 90):
        with door.pixels("one", 10, own=90):
            pass
        with pytest.raises(TooManyPixels), door.pixels("one", 11, own=90):
            pass
        with pytest.raises(CallerOverShare), door.pixels("one", 1):  # for another request
            pass
        with door.pixels("other", 1):
            pass


def test_a_batch_counts_in_full() -> None:
    door = admission(max_requests=9, max_faces=100)
    with door.faces("one", 64):
        with door.faces("other", 36):
            pass
        with pytest.raises(TooManyFaces), door.faces("other", 37):
            pass


def test_the_bounds_are_shown_beside_what_is_in_flight() -> None:
    metrics = Metrics()
    Admission(3, 5, 7, metrics)
    names = [f"phiz_max_{things}_in_flight" for things in ("requests", "pixels", "faces")]
    assert [metrics.registry.get_sample_value(name) for name in names] == [3, 5, 7]
