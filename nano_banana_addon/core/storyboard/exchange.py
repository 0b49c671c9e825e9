# SPDX-License-Identifier: GPL-3.0-or-later
"""A storyboard as text that other programs read: CSV, OpenTimelineIO, CMX 3600 EDL, FCPXML.

Each function takes the project and its panels and returns the file's text.
"""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..serial import make_harmless
from .board import Cut, Panel, Project, clean_line, clean_name, describe, list_cuts

_COLUMNS = ("Number", "Name", "Start", "End", "Frames", "In", "Out", "Duration", "Lens", "Camera")
_TEXTS = ("Action", "Dialogue", "Notes", "Prompt", "Image", "ID")
_MOST_EVENTS = 999


def write_csv(project: Project, panels: Sequence[Panel]) -> str:
    """A row for each shot; End is its last frame, In and Out are timecode from its first frame."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow((*_COLUMNS, *_TEXTS))
    first = min((panel.shot.start for panel in panels), default=0)
    for panel in panels:
        shot, show = panel.shot, project.format_timecode
        begin = project.start + shot.start - first
        times = (show(begin), show(begin + shot.length), show(shot.length))
        frames = (shot.start, shot.end - 1, shot.length)
        texts = (shot.camera, shot.action, shot.dialogue, shot.notes, shot.prompt, str(panel.image or ""), shot.id)
        lens = f"{shot.lens:g}" if shot.lens else ""
        writer.writerow((panel.number, _keep_text(shot.name), *frames, *times, lens, *map(_keep_text, texts)))
    return text.getvalue()


def _keep_text(text: str) -> object:
    return make_harmless(text.encode("utf-8", "replace").decode("utf-8").replace("\0", ""))


def write_otio(project: Project, panels: Sequence[Panel]) -> str:
    """A timeline with one video track."""
    rate = float(project.rate)
    children = [_build_otio_item(cut, rate) for cut in list_cuts(panels)]
    track = _otio("Track.1", "Shots", kind="Video", children=children)
    stack = _otio("Stack.1", "tracks", children=[track])
    timeline = _otio("Timeline.1", clean_name(project.title), global_start_time=_time(project.start, rate))
    return json.dumps(timeline | {"tracks": stack}, indent=1)


def _build_otio_item(cut: Cut, rate: float) -> dict[str, Any]:
    span = {"OTIO_SCHEMA": "TimeRange.1", "start_time": _time(0, rate), "duration": _time(cut.length, rate)}
    if cut.panel is None:
        return _otio("Gap.1", "", source_range=span)
    facts = {name: value.encode("utf-8", "replace").decode() for name, value in describe(cut.panel.shot).items()}
    media = _otio("MissingReference.1", "")
    if cut.panel.image is not None:
        media = _otio("ExternalReference.1", "", target_url=_find_url(cut.panel.image), available_range=span)
    clip = _otio("Clip.1", clean_name(cut.panel.shot.name), source_range=span, media_reference=media)
    return clip | {"metadata": {"nano_banana": facts}}


def _otio(schema: str, name: str, **values: object) -> dict[str, Any]:
    return {"OTIO_SCHEMA": schema, "metadata": {}, "name": name, **values}


def _time(frame: int, rate: float) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": float(frame)}


def _find_url(path: Path) -> str:
    try:
        return path.absolute().as_uri()
    except UnicodeEncodeError:  # a file name that is no text
        return "file:///" + clean_line(path.name)


def write_edl(project: Project, panels: Sequence[Panel]) -> str:
    """An event for each shot, from 01:00:00:00. Raises `InputError` for more events than the format counts."""
    cuts = [(cut, cut.panel) for cut in list_cuts(panels) if cut.panel]
    if len(cuts) > _MOST_EVENTS:
        raise InputError(
            f"An EDL holds {_MOST_EVENTS} events at most; this storyboard has {len(cuts)} shots.",
            next_step="Export OpenTimelineIO or FCPXML.",
        )
    drops = ";" in project.format_timecode(0)
    lines = [f"TITLE: {clean_name(project.title)}", f"FCM: {'DROP FRAME' if drops else 'NON-DROP FRAME'}", ""]
    for number, (cut, panel) in enumerate(cuts, 1):
        lines += _list_event_lines(project, number, cut, panel)
    return "\n".join(lines)


def _list_event_lines(project: Project, number: int, cut: Cut, panel: Panel) -> list[str]:
    show = project.format_timecode
    times = (0, cut.length, project.start + cut.start, project.start + cut.end)
    lines = [f"{number:03}  AX       V     C        {' '.join(map(show, times))}"]
    lines.append(f"* FROM CLIP NAME: {clean_name(panel.shot.name)}")
    if panel.image is not None:
        lines.append(f"* SOURCE FILE: {clean_line(str(panel.image))}")
    facts = describe(panel.shot)
    lines += [
        f"* {name.upper()}: {clean_line(facts[name])}" for name in ("action", "dialogue", "notes") if name in facts
    ]
    return [*lines, ""]


def write_fcpxml(project: Project, panels: Sequence[Panel]) -> str:
    """A project with one sequence of stills, version 1.8."""
    cuts = list_cuts(panels)
    root = ET.Element("fcpxml", version="1.8")
    resources = ET.SubElement(root, "resources")
    width, height = map(str, project.size)
    frame = 1 / project.rate
    size = {"width": width, "height": height}
    ET.SubElement(resources, "format", {"id": "r1", "frameDuration": _seconds(frame), **size})
    ET.SubElement(resources, "format", {"id": "r2", "name": "FFVideoFormatRateUndefined", **size})
    event = ET.SubElement(root, "event", name=clean_name(project.title))
    sequence = ET.SubElement(ET.SubElement(event, "project", name=clean_name(project.title)), "sequence")
    sequence.attrib |= {"format": "r1", "tcStart": _seconds(project.start * frame)}
    sequence.attrib |= {"tcFormat": "DF" if ";" in project.format_timecode(0) else "NDF"}
    sequence.attrib |= {"duration": _seconds(sum(cut.length for cut in cuts) * frame)}
    spine = ET.SubElement(sequence, "spine")
    for number, cut in enumerate(cuts, 3):
        _add_clip(resources, spine, project, cut, f"r{number}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n' + ET.tostring(root, "unicode") + "\n"


def _add_clip(resources: ET.Element, spine: ET.Element, project: Project, cut: Cut, asset: str) -> None:
    length = _seconds(cut.length / project.rate)
    place = {"offset": _seconds((project.start + cut.start) / project.rate), "start": "0s", "duration": length}
    if cut.panel is None:
        ET.SubElement(spine, "gap", {"name": "Gap", **place})
        return
    shot = cut.panel.shot
    name = clean_name(shot.name)
    image = cut.panel.image
    clip = ET.SubElement(spine, "clip" if image else "gap", {"name": name, **place})
    if image:
        clip.attrib |= {"format": "r1", "tcFormat": "NDF"}
    facts = describe(shot)
    note = " / ".join(clean_line(facts[key]) for key in ("action", "dialogue", "notes") if key in facts)
    ET.SubElement(clip, "note").text = _keep_xml(note)
    if image:
        still = {"id": asset, "name": name, "src": _find_url(image), "start": "0s", "duration": "0s"}
        ET.SubElement(resources, "asset", {**still, "hasVideo": "1", "format": "r2"})
        ET.SubElement(clip, "video", {"ref": asset, "name": name, "offset": "0s", "duration": length})


def _keep_xml(text: str) -> str:
    return "".join(c for c in text if c not in "￾￿")


def _seconds(time: Fraction | float) -> str:
    exact = Fraction(time)
    return f"{exact.numerator}s" if exact.denominator == 1 else f"{exact.numerator}/{exact.denominator}s"


#: The text of each format, by the ending of its files.
WRITERS: Mapping[str, Callable[[Project, Sequence[Panel]], str]] = {
    "csv": write_csv,
    "otio": write_otio,
    "edl": write_edl,
    "fcpxml": write_fcpxml,
}
