# SPDX-License-Identifier: GPL-3.0-or-later
"""A storyboard for other programs: what their own libraries read is what was written, to the frame."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.storyboard import exchange
from nano_banana_addon.core.storyboard.board import Project, clean_line, list_cuts, list_panels
from nano_banana_addon.core.storyboard.shot import Shot
from nano_banana_addon.core.storyboard.timecode import count_frames, format_timecode, make_rate

RATES = {
    "23.976": make_rate(24, 1.001),
    "24": make_rate(24),
    "25": make_rate(25),
    "29.97": make_rate(30, 1.001),
    "30": make_rate(30),
}
CASES = [(rate, False) for rate in RATES.values()] + [(RATES["29.97"], True)]
HOSTILE = ("../../etc/passwd", "x" * 300, "שלום עולם", "🎬 Take", 'a"<&>b\n* FROM', "lone \ud800 half", "")


def make_panels(lengths=(1, 47, 24 * 61, 24 * 60 * 11 + 1, 13)):
    """Shots one after another from frame 7 on; before the last one lies a gap of ten frames."""
    starts = [7 + sum(lengths[:index]) for index in range(len(lengths))]
    starts[-1] += 10
    shots = [
        Shot(f"Shot {i}", start, length, "Camera", id=f"id{i}", action=f"action {i}", dialogue="«Да» 漢字", lens=35.0)
        for i, (start, length) in enumerate(zip(starts, lengths, strict=True))
    ]
    return list_panels(shots, [Path(f"/frames/of one/{i}.jpg") for i in range(len(shots) - 1)] + [None])


def spans(cuts):
    return [(cut.start, cut.length) for cut in cuts if cut.panel]


def read_spans(timeline, rate):
    """First frame and length of each clip in a timeline that a library read."""
    found = []
    for clip in timeline.find_clips():
        span = clip.range_in_parent()
        assert span.start_time.rate == pytest.approx(float(rate), abs=1e-6)
        found.append((span.start_time.value, span.duration.value))
    return found


@pytest.mark.parametrize(("rate", "drop"), CASES)
def test_opentimelineio_reads_its_own_format(rate, drop):
    panels = make_panels()
    project = Project("The Kettle", rate, drop_frame=drop)
    timeline = otio.adapters.read_from_string(exchange.write_otio(project, panels), "otio_json")
    assert read_spans(timeline, rate) == spans(list_cuts(panels))
    clips = list(timeline.find_clips())
    assert clips[0].metadata["nano_banana"]["action"] == "action 0"
    assert clips[0].media_reference.target_url == "file:///frames/of%20one/0.jpg"
    assert isinstance(clips[-1].media_reference, otio.schema.MissingReference)
    start = otio.opentime.to_timecode(timeline.global_start_time, float(rate), drop)
    assert start == ("01:00:00;00" if drop else "01:00:00:00")


@pytest.mark.parametrize(("rate", "drop"), CASES)
def test_the_reader_of_edls_finds_each_cut(rate, drop):
    panels = make_panels()
    text = exchange.write_edl(Project("The Kettle", rate, drop_frame=drop), panels)
    timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=float(rate))
    assert [clip.name for clip in timeline.find_clips()] == [panel.shot.name for panel in panels]
    cuts = [cut for cut in list_cuts(panels) if cut.panel]
    starts = [clip.range_in_parent().start_time.value for clip in timeline.find_clips()]
    assert starts == [cut.start for cut in cuts]
    assert [clip.duration().value for clip in timeline.find_clips()] == [cut.length for cut in cuts]
    assert ("FCM: DROP FRAME" in text) == drop == ("01:00:00;00" in text)


@pytest.mark.parametrize(("rate", "drop"), CASES)
def test_the_reader_of_fcpxml_finds_each_cut(rate, drop):
    panels = make_panels()
    text = exchange.write_fcpxml(Project("The Kettle", rate, drop_frame=drop), panels)
    (timeline,) = read_fcpxml(text)
    cuts = [cut for cut in list_cuts(panels) if cut.panel and cut.panel.image]
    clips = list(timeline.find_clips())
    assert [clip.name for clip in clips] == [cut.panel.shot.name for cut in cuts]
    if rate.denominator == 1:  # the reader takes 29.97 as 29 frames, and rounds times down
        assert [clip.duration().value for clip in clips] == pytest.approx([cut.length for cut in cuts], abs=1)
    assert read_times(text, rate) == [(cut.start, cut.length) for cut in list_cuts(panels)]


def read_fcpxml(text):
    """The timelines that the library reads. It wants a rate for stills, whose format in Final Cut Pro has none."""
    frame = re.search(r'frameDuration="[^"]*"', text)[0]
    read = otio.adapters.read_from_string(text.replace('<format id="r2"', f'<format id="r2" {frame}'), "fcpx_xml")
    return [read] if isinstance(read, otio.schema.Timeline) else list(read)


def read_times(text, rate):
    """Offsets and durations in the spine, exactly, counted in frames from the sequence's own begin."""
    root = ET.fromstring(text.encode())
    sequence = root.find(".//sequence")
    frame = root.find("resources/format[@id='r1']").get("frameDuration")
    assert Fraction(frame.removesuffix("s")) == 1 / rate
    values = [[Fraction(item.get(n)[:-1]) * rate for n in ("offset", "duration")] for item in sequence.find("spine")]
    begin = Fraction(sequence.get("tcStart")[:-1]) * rate
    assert sum(length for _, length in values) == Fraction(sequence.get("duration")[:-1]) * rate
    return [(start - begin, length) for start, length in values]


def test_csv_has_a_row_for_each_shot_and_no_formula():
    shot = Shot("=1+1", 10, 24, "Camera", dialogue="two\nlines, «Да»", action="@x", lens=35.0)
    rows = list(csv.DictReader(io.StringIO(exchange.write_csv(Project("T"), list_panels([shot], [None])))))
    assert (rows[0]["Name"], rows[0]["Action"], rows[0]["Dialogue"]) == ("'=1+1", "'@x", "two\nlines, «Да»")
    assert (rows[0]["Start"], rows[0]["End"], rows[0]["Frames"]) == ("10", "33", "24")
    assert (rows[0]["In"], rows[0]["Out"], rows[0]["Duration"]) == ("01:00:00:00", "01:00:01:00", "00:00:01:00")


@pytest.mark.parametrize("rate", [RATES["29.97"], make_rate(60, 1.001)])
def test_drop_frame_timecode_keeps_to_the_clock(rate):
    """Ten minutes of it are ten minutes to half a frame, and each frame has a code of its own."""
    per_ten_minutes = count_frames(1, rate, drop=True) // 6
    assert abs(per_ten_minutes / rate - 600) < Fraction(1, 10)
    codes = [format_timecode(frame, rate, drop=True) for frame in range(per_ten_minutes + 1)]
    assert len(set(codes)) == len(codes)
    assert codes[-1] == "00:10:00;00"
    second_minute = next(code for code in codes if code.startswith("00:01:"))
    assert second_minute == ("00:01:00;02" if round(rate) == 30 else "00:01:00;04")


@given(st.integers(0, 24 * 3600 * 30 - 1))
def test_drop_frame_timecode_is_that_of_opentimelineio(frame):
    rate = RATES["29.97"]
    time = otio.opentime.RationalTime(frame, 30000 / 1001)
    if frame < 24 * count_frames(1, rate, drop=True):
        assert format_timecode(frame, rate, drop=True) == otio.opentime.to_timecode(time, 30000 / 1001, True)


def test_shots_that_overlap_are_cut_and_holes_are_gaps():
    starts = ((5, 100), (5, 20), (15, 2), (40, 1))
    cuts = list_cuts(list_panels([Shot("s", start, length, "") for start, length in starts], [None] * 4))
    assert [(cut.start, cut.length, cut.panel is None) for cut in cuts] == [
        *((0, 10, False), (10, 2, False), (12, 23, True), (35, 1, False)),
    ]


@pytest.mark.parametrize("write", exchange.WRITERS.values(), ids=exchange.WRITERS)
def test_no_name_breaks_a_file(write):
    shots = [Shot(name, 1 + 10 * i, 10, name, id=name, action=name, notes=name) for i, name in enumerate(HOSTILE)]
    panels = list_panels(shots, [Path(f"/a/{name[:40]}.png") for name in HOSTILE])
    text = write(Project(HOSTILE[4]), panels)
    text.encode("utf-8")
    if write is exchange.write_csv:
        assert len(list(csv.reader(io.StringIO(text)))) == 1 + len(HOSTILE)
        return
    readers = {exchange.write_otio: "otio_json", exchange.write_edl: "cmx_3600"}
    name = readers.get(write)
    (timeline,) = [otio.adapters.read_from_string(text, name)] if name else read_fcpxml(text)
    assert len(list(timeline.find_clips())) == len(HOSTILE)


def test_an_edl_of_too_many_shots_says_what_to_use_instead():
    shots = [Shot("s", i, 1, "") for i in range(1000)]
    with pytest.raises(InputError, match="1000 shots"):
        exchange.write_edl(Project("T"), list_panels(shots, [None] * 1000))


def test_a_line_has_no_control_characters():
    assert clean_line(" a\r\n\x07b\u2028\ud800c ") == "a b c"
