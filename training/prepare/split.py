"""Who is learnt from and who is held out. Whoever belongs together is never divided."""

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """A face that is to be put into a split.

    Attributes:
        sha256: of its photograph.
        person: who it is, or "".
        group: of near duplicates.
        split: "train" or "val" where a table says so, or "".
    """

    sha256: str
    person: str
    group: int
    split: str


def assign(members: Sequence[Member], val: float) -> list[str]:
    """The split of each member.

    A split that is given stays. All others of one person, of one photograph, and near duplicates go together: where a
    table decided for one of them, and else by a hash of the person's name or the file's content. So a photograph keeps
    its split when others are added, and the held-out part is ``val`` on average, not to the last face.

    Args:
        members: all faces of the set.
        val: part to hold out, 0 to 1.
    """
    ties = [_ties(member) for member in members]
    roots = _components(ties)
    names: dict[Hashable, str] = {}
    given: dict[Hashable, str] = {}
    for member, root in zip(members, roots, strict=True):
        name = f"person {member.person}" if member.person else f"photograph {member.sha256}"
        names[root] = min(name, names.get(root, name))
        if member.split:
            given[root] = min(member.split, given.get(root, member.split))
    return [
        member.split or given.get(root) or _by_hash(names[root], val)
        for member, root in zip(members, roots, strict=True)
    ]


def _ties(member: Member) -> list[Hashable]:
    ties: list[Hashable] = [("photograph", member.sha256), ("group", member.group)]
    return [*ties, ("person", member.person)] if member.person else ties


def _components(ties: Sequence[Sequence[Hashable]]) -> list[Hashable]:
    """For each list of ties one of the ties, the same for all lists that are connected."""
    parent: dict[Hashable, Hashable] = {}

    def root(tie: Hashable) -> Hashable:
        parent.setdefault(tie, tie)
        while parent[tie] != tie:
            parent[tie] = parent[parent[tie]]
            tie = parent[tie]
        return tie

    for some in ties:
        for tie in some[1:]:
            parent[root(tie)] = root(some[0])
    return [root(some[0]) for some in ties]


def _by_hash(name: str, val: float) -> str:
    digest = hashlib.sha256(name.encode()).digest()
    return "val" if int.from_bytes(digest[:8], "big") < val * 2**64 else "train"
