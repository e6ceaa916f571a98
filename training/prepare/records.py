"""The rows of a manifest: every face that was found, and every photograph without one."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from training.prepare.duplicates import Candidate, near_duplicates
from training.prepare.examine import Face, Findings, Plan
from training.prepare.quality import Measures, Reason
from training.prepare.source import LANDMARK_COLUMNS, SPLITS, Photograph
from training.prepare.split import Member, assign

_MEASURES = tuple(field.name for field in fields(Measures))
_ORIGIN = ("split", "index", "file", "face", "reason", "detail", "person", "licence", "attribution")
_FILE = ("sha256", "width_px", "height_px")
_COLUMNS = (*_ORIGIN, *_FILE, "score", *_MEASURES, *LANDMARK_COLUMNS, "hash")


@dataclass(frozen=True)
class Record:
    """One row.

    Attributes:
        photograph: where it comes from.
        key: of the cache's entry; "" if the file could not be read.
        findings: of the whole photograph.
        number: of the face in the photograph; None for a photograph without faces.
        reason: why it is not taken; "" if it is.
        detail: the reason in words.
        split: "train" or "val"; "" if it is not taken.
    """

    photograph: Photograph
    key: str
    findings: Findings
    number: int | None
    reason: str
    detail: str
    split: str = ""

    @property
    def face(self) -> Face | None:
        """The face, if the row has one."""
        return None if self.number is None else self.findings.faces[self.number]


def records_of(photograph: Photograph, key: str, findings: Findings) -> list[Record]:
    """One row a face, or a single one that tells why there is none."""
    if not findings.faces:
        return [Record(photograph, key, findings, None, findings.reason, findings.detail)]
    return [
        Record(photograph, key, findings, number, face.reason, face.detail)
        for number, face in enumerate(findings.faces)
    ]


def settle(records: Sequence[Record], plan: Plan, val: float) -> list[Record]:
    """Drops near duplicates and gives each taken face its split; the order stays."""
    taken = [index for index, record in enumerate(records) if not record.reason]
    candidates = [_candidate(records[index], plan) for index in taken]
    verdicts = dict(zip(taken, near_duplicates(candidates, plan.limits.duplicate_bits), strict=True))
    settled = list(records)
    for index, verdict in verdicts.items():
        if verdict.duplicate_of is not None:
            better = records[taken[verdict.duplicate_of]].photograph.name
            settled[index] = replace(records[index], reason=Reason.DUPLICATE, detail=f"of {better}")
    members = {
        index: Member(record.findings.sha256, record.photograph.person, verdicts[index].group, record.photograph.split)
        for index, record in enumerate(settled)
        if not record.reason
    }
    for index, split in zip(members, assign(list(members.values()), val), strict=True):
        settled[index] = replace(settled[index], split=split)
    return settled


def packed(records: Sequence[Record]) -> Mapping[str, list[Record]]:
    """The rows of each split, in the order of its arrays."""
    return {split: [record for record in records if record.split == split] for split in SPLITS}


def write_manifest(records: Sequence[Record], path: Path) -> None:
    """Writes all rows: those of each split in the order of its arrays, then what is not taken."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        for rows in packed(records).values():
            writer.writerows({"index": index, **_row(record)} for index, record in enumerate(rows))
        writer.writerows(_row(record) for record in records if record.reason)


def _candidate(record: Record, plan: Plan) -> Candidate:
    face = record.face
    assert face is not None
    worth = face.measures.sharpness * face.measures.interocular_px
    return Candidate(face.hash, worth, plan.limits_of(record.photograph).duplicate_bits)


def _row(record: Record) -> dict[str, object]:
    photograph, findings, face = record.photograph, record.findings, record.face
    row: dict[str, object] = {
        "split": record.split,
        "file": photograph.name,
        "reason": str(record.reason),
        "detail": record.detail,
        "person": photograph.person,
        "licence": photograph.licence,
        "attribution": photograph.attribution,
        "sha256": findings.sha256,
        "width_px": findings.width_px or "",
        "height_px": findings.height_px or "",
    }
    if face is not None:
        row["face"] = record.number
        row["score"] = "" if face.score is None else round(face.score, 4)
        row["hash"] = face.hash
        row |= {name: round(value, 4) for name, value in asdict(face.measures).items()}
        values = (value for point in face.landmarks_px for value in point)
        row |= {name: round(value, 3) for name, value in zip(LANDMARK_COLUMNS, values, strict=True)}
    return row
