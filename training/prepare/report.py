"""The page that tells what was taken, what was not and why, and how the faces are distributed."""

import base64
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from training.prepare.cache import Cache
from training.prepare.histogram import histogram
from training.prepare.pictures import spread
from training.prepare.quality import Limits, Reason
from training.prepare.records import Record, packed

_TAKEN_THUMBS: Final = 48
_REJECTED_THUMBS: Final = 24
_THUMB_PX: Final = 112

_STYLE: Final = """
:root { --paper: #f6f5f2; --ink: #1a1b1f; --muted: #6f6f76; --line: #dddbd5; --taken: #3f6fb5; --rejected: #ff6a3d }
@media (prefers-color-scheme: dark) {
  :root { --paper: #17181b; --ink: #ececea; --muted: #9a9aa2; --line: #34353a; --taken: #7ea6e6 } }
body { margin: 0 auto; max-width: 1122px; padding: 48px 32px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 34px; margin: 0 } h2 { margin: 44px 0 12px; font-size: 21px } p, td, figcaption { color: var(--muted) }
b { color: var(--ink); font-variant-numeric: tabular-nums } a { color: var(--taken) }
table { border-collapse: collapse; width: 100% } td { padding: 5px 12px 5px 0; border-top: 1px solid var(--line) }
td.count { text-align: right; width: 90px } td.name { width: 150px; color: var(--ink) }
.bar { height: 12px; border-radius: 3px; min-width: 1px; background: var(--rejected) }
.bar.is-taken { background: var(--taken) }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 20px 28px }
figure { margin: 0 } svg { width: 100%; overflow: visible }
rect.taken { fill: var(--taken) } rect.rejected { fill: var(--rejected) }
line.axis { stroke: var(--line) } text.axis { fill: var(--muted); font-size: 11px }
line.limit { stroke: var(--ink); stroke-dasharray: 3 3 }
.thumbs { display: flex; flex-wrap: wrap; gap: 14px } .thumbs div { font-size: 12px; color: var(--muted) }
.thumbs p { margin: 2px 0; overflow-wrap: anywhere; line-height: 1.3 }
.thumbs img { border-radius: 4px; display: inline-block } .thumbs img + img { margin-left: 3px }
details { margin-top: 14px } summary { cursor: pointer } li { overflow-wrap: anywhere; color: var(--muted) }
.key { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin: 0 4px 0 12px }
"""


def write_report(title: str, records: Sequence[Record], cache: Cache, limits: Limits, path: Path) -> None:
    """Writes one HTML file that needs no other to be read.

    Args:
        title: name of the set.
        records: all rows of the manifest.
        cache: holds the pictures.
        limits: drawn into the distributions.
        path: where to write.
    """
    sections = [_summary(title, records), _reasons(records), _distributions(records, limits), _taken(records, cache)]
    sections += [_rejected(reason, records, cache) for reason in Reason]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    path.write_text(f"{head}<style>{_STYLE}</style>\n<body>{''.join(sections)}</body></html>\n", encoding="utf-8")


def _summary(title: str, records: Sequence[Record]) -> str:
    photographs = len({record.photograph.path for record in records})
    faces = sum(record.face is not None for record in records)
    splits = packed(records)
    persons = {record.photograph.person for rows in splits.values() for record in rows} - {""}
    of_persons = f" of <b>{len(persons)}</b> persons" if persons else ""
    counts = ", ".join(f"<b>{len(rows)}</b> {split}" for split, rows in splits.items())
    return (
        f"<h1>{escape(title)}</h1><p><b>{photographs}</b> photographs, <b>{faces}</b> faces in them; taken: {counts}"
        f'{of_persons}. See also <a href="manifest.csv">manifest.csv</a>'
        + (
            ', <a href="contact_sheet.png">contact_sheet.png</a>, <a href="alignment.webp">alignment.webp</a>.</p>'
            if any(splits.values())
            else ".</p>"
        )
    )


def _reasons(records: Sequence[Record]) -> str:
    counts = Counter(str(record.reason) for record in records)
    rows = []
    for name in ("", *Reason):
        share = counts[name] / len(records)
        bar = f'<div class="bar{"" if name else " is-taken"}" style="width: {share:.2%}"></div>' if share else ""
        link = f'<a href="#{name.replace(" ", "-")}">{name}</a>' if name and counts[name] else name or "taken"
        rows.append(f'<tr><td class="name">{link}<td class="count"><b>{counts[name]}</b><td>{bar}')
    return f"<h2>What became of them</h2><table>{''.join(rows)}</table>"


def _distributions(records: Sequence[Record], limits: Limits) -> str:
    charts = (
        ("Size: distance between the eyes, px", "interocular_px", (limits.min_interocular_px,)),
        ("Sharpness: variance of the Laplacian", "sharpness", (limits.min_sharpness,)),
        ("Yaw, degrees", "yaw_degrees", (-limits.max_yaw_degrees, limits.max_yaw_degrees)),
        ("Roll, degrees", "roll_degrees", (-limits.max_roll_degrees, limits.max_roll_degrees)),
        ("Brightness: mean luminance", "mean", ()),
        ("Contrast: standard deviation of luminance", "contrast", ()),
        ("Colourfulness", "colourfulness", ()),
        ("Part of the face's square beyond the edge", "beyond_edge", (limits.max_beyond_edge,)),
    )
    measured = [(record.face.measures, not record.reason) for record in records if record.face]
    if not measured:
        return ""
    drawn = "".join(
        histogram(
            title,
            [getattr(measures, name) for measures, taken in measured if taken],
            [getattr(measures, name) for measures, taken in measured if not taken],
            lines,
        )
        for title, name, lines in charts
    )
    key = (
        '<p><span class="key" style="background: var(--taken); margin-left: 0"></span>taken'
        '<span class="key" style="background: var(--rejected)"></span>rejected; dashed: the limits</p>'
    )
    return f'<h2>Distributions</h2>{key}<div class="charts">{drawn}</div>'


def _taken(records: Sequence[Record], cache: Cache) -> str:
    taken = [record for rows in packed(records).values() for record in rows]
    thumbs = "".join(f"<div>{_thumb(record, cache, 'aligned')}</div>" for record in spread(taken, _TAKEN_THUMBS))
    return f'<h2>Taken</h2><div class="thumbs">{thumbs}</div>' if taken else ""


def _rejected(reason: Reason, records: Sequence[Record], cache: Cache) -> str:
    rows = [record for record in records if record.reason == reason]
    if not rows:
        return ""
    shown = spread([record for record in rows if record.findings.width_px], _REJECTED_THUMBS)
    thumbs = "".join(
        f'<div style="max-width: {2 * _THUMB_PX + 8}px">{_thumb(record, cache, "unaligned")}'
        f"{_thumb(record, cache, 'aligned') if record.face else ''}<p>{escape(record.photograph.name)}<p>"
        f"{escape(record.detail)}</div>"
        for record in shown
    )
    names = "".join(f"<li>{escape(record.photograph.name)}: {escape(record.detail)}" for record in rows)
    opened = "" if shown else " open"
    return (
        f'<h2 id="{reason.replace(" ", "-")}">Rejected: {reason} ({len(rows)})</h2><div class="thumbs">{thumbs}</div>'
        f"<details{opened}><summary>all {len(rows)}</summary><ul>{names}</ul></details>"
    )


def _thumb(record: Record, cache: Cache, kind: str) -> str:
    name = kind if kind == "unaligned" else f"{kind}_{record.number}"
    picture = cv2.resize(cache.preview(record.key, name), (_THUMB_PX, _THUMB_PX), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
    text = base64.b64encode(np.asarray(data, np.uint8).tobytes()).decode()
    return f'<img width="{_THUMB_PX}" height="{_THUMB_PX}" alt="" src="data:image/jpeg;base64,{text}">'
