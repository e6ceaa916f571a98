"""From photographs to a data set: examine each, drop duplicates, split, pack, report.

Everything is written into a work folder beside the set; at the end the finished set is moved into its place. The work
folder stays when the preparation is stopped, and the same command goes on from it.
"""

import hashlib
import json
import shutil
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tqdm import tqdm

from training.errors import TrainingError
from training.prepare.cache import Cache
from training.prepare.detect import FaceFinder, FaceModels
from training.prepare.examine import Plan
from training.prepare.pack import pack
from training.prepare.pictures import animation, contact_sheet, filter_sheets
from training.prepare.records import Record, packed, records_of, settle, write_manifest
from training.prepare.report import write_report
from training.prepare.source import Photograph
from training.prepare.workers import Task, examine_all


@dataclass(frozen=True)
class Job:
    """What to prepare, and how.

    Attributes:
        photographs: in the order that the set shall have.
        out: folder to make.
        plan: how each photograph is examined.
        repository: model repository with the networks that find faces; unused if all landmarks are known.
        val: part to hold out where no table says it.
        workers: processes.
        filters: whether to write the filter sheets.
        settings: recorded in ``dataset.json``; another setting is another fingerprint.
    """

    photographs: Sequence[Photograph]
    out: Path
    plan: Plan
    repository: Path
    val: float
    workers: int
    filters: bool
    settings: dict[str, object]


def prepare(job: Job) -> str:
    """Makes the set ``job.out``, whole or not at all.

    Returns:
        What became of the photographs, in a few words.

    Raises:
        TrainingError: ``out`` exists, the networks are missing, the work was stopped, or not one face was taken (the
            report that says why is in ``out`` then).
    """
    if job.out.exists():
        raise TrainingError(f"{job.out} exists; name another folder or remove it")
    searches = any(photograph.landmarks is None for photograph in job.photographs)
    models = FaceModels(job.repository) if searches else None
    made_with = job.settings | (
        {"face_models": models.versions(), "face_models_sha256": models.digest()} if models else {}
    )
    if models:
        FaceFinder(models)  # a network that cannot be run is told before a worker dies of it
    work = job.out.parent / f".{job.out.name}.work"
    cache = Cache(work / "found", hashlib.sha256(json.dumps(made_with, sort_keys=True).encode()).hexdigest())
    work.mkdir(parents=True, exist_ok=True)
    with _told_when_stopped(work):
        records = list(_examined(job, Task(job.plan, cache, models)))
        records = settle(records, job.plan, job.val)
        unfinished = work / "set"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        _write(job, records, cache, unfinished, made_with)
        unfinished.rename(job.out)
    shutil.rmtree(work, ignore_errors=True)
    if all(record.reason for record in records):
        raise TrainingError(f"not one face was taken; {job.out / 'report.html'} says why")
    return _summary(records)


def _examined(job: Job, task: Task) -> Iterator[Record]:
    found = examine_all(job.photographs, task, job.workers)
    bar = tqdm(found, total=len(job.photographs), unit="photo", desc="prepare", leave=False)
    for photograph, (key, findings) in zip(job.photographs, bar, strict=True):
        yield from records_of(photograph, key, findings)


def _write(job: Job, records: Sequence[Record], cache: Cache, folder: Path, made_with: dict[str, object]) -> None:
    splits = packed(records)
    taken = [record for rows in splits.values() for record in rows]
    pack(splits, job.plan.layouts, cache, folder, made_with)
    write_manifest(records, folder / "manifest.csv")
    searched = any(photograph.landmarks is None for photograph in job.photographs)
    limits = job.plan.limits if searched else job.plan.given_limits
    write_report(job.out.name, records, cache, limits, folder / "report.html")
    if taken:
        contact_sheet(taken, cache, folder / "contact_sheet.png")
        animation(taken, cache, folder / "alignment.webp")
    if taken and job.filters:
        filter_sheets(taken, cache, folder / "filters")


def _summary(records: Sequence[Record]) -> str:
    counts = Counter(str(record.reason) for record in records)
    splits = ", ".join(f"{len(rows)} {split}" for split, rows in packed(records).items())
    rejected = ", ".join(f"{count} {reason}" for reason, count in counts.most_common() if reason)
    return f"{counts['']} faces taken: {splits}. Rejected: {rejected or 'none'}."


@contextmanager
def _told_when_stopped(work: Path) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        raise TrainingError(f"stopped; the same command goes on, from {work}") from None
    except OSError as error:
        raise TrainingError(f"cannot write the set: {error}; the same command goes on, from {work}") from error
    finally:
        signal.signal(signal.SIGTERM, before)
