# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets as files: what fits is read, everything else is refused with a sentence, nothing is executed."""

from __future__ import annotations

import json
import random

import pytest

from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.presets import files, values
from nano_banana_addon.core.presets.values import PRESET_ROWS, Preset, check_preset

GOOD = Preset(
    "Night Shots",
    {
        "image_size": "4K",
        "style": "CYBERPUNK",
        "capture_guides": ["CLAY", "DEPTH"],
        "temperature": 0.5,
        "thinking_level": "DEFAULT",
        "prompt": 'a {subject} "quoted" \\ at __daytime__\nsecond line',
        "texturing.views": "HEMISPHERE",
        "texturing.count": 6,
        "texturing.anchor": False,
    },
)


def collection(*presets: object, lists: object = None, **other: object) -> bytes:
    plain = {"format": files.FORMAT, "version": 1, "presets": list(presets), "lists": lists or {}} | other
    return json.dumps(plain).encode()


def plain(**settings: object) -> dict[str, object]:
    return {"name": "One", "settings": settings}


def test_a_preset_survives_both_kinds_of_files():
    read, refused = files.read_assignments(GOOD.name, files.write_assignments(GOOD))
    assert (read.settings, refused) == (check_preset(GOOD).settings, ())
    back = files.read_collection(files.write_collection([GOOD], {"pets": ("cat", "dog")}).encode())
    assert back == files.Collection((check_preset(GOOD),), {"pets": ("cat", "dog")}, ())


def test_every_setting_has_a_value_that_can_be_kept():
    defaults = {place: row.default for place, row in PRESET_ROWS.items() if not row.optional}
    assert check_preset(Preset("All", defaults)).settings.keys() == defaults.keys()
    assert not {"project", "source_image", "workflow", "texturing.uv_map"} & PRESET_ROWS.keys()


@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "import bpy\nbpy.ops.wm.quit_blender()",
        "choices = bpy.context.scene\nchoices.name = 'x'",
        "choices.image_size = open('/tmp/x', 'w')",
        "choices.image_size = '4K'; __import__('os').system('true')",
        "choices.image_size = ''.join(['4', 'K'])",
        "bpy.context.scene.name = 'x'",
        "choices.prompt = f'{exit()}'",
        "choices[__import__('os').abort()] = 1",
        "choices.image_size += 'x'",
        "exec('1')",
        "choices.seed = 9**9**9",
        "(" * 5000,
        "choices.image_size = " + "[" * 3000 + "]" * 3000,
        "choices.image_size = 'x",
        "\0",
    ],
)
def test_a_preset_that_does_more_than_set_values_is_refused(text):
    with pytest.raises(InputError, match="more than set values"):
        files.read_assignments("Bad", text)


def test_values_that_do_not_fit_are_left_out_and_told():
    text = "choices.image_size = '9K'\nchoices.variants = 3\nchoices.of_a_newer_version = 1\nchoices.rna_type = 2\n"
    preset, refused = files.read_assignments("Some", text)
    assert preset.settings == {"variants": 3}
    assert len(refused) == 3


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"image_size": "9K"},
        {"variants": 99},
        {"variants": True},
        {"variants": 1.5},
        {"temperature": "0.5"},
        {"overlays": 1},
        {"prompt": "x" * 40_000},
        {"prompt": "a\x1b[2J"},
        {"prompt": "right\u202eleft"},
        {"capture_guides": "CLAY"},
        {"capture_guides": ["CLAY", 3]},
        {"capture_guides": ["NONSENSE"]},
        {"capture_guides": ["CLAY"] * 1000},
        {"texturing.texture_size": 10**9},
        {"source_image": "/etc/passwd"},
        {"workflow": "/etc/passwd"},
        {"__class__": "x"},
        {"texturing": {}},
        {"texturing.bl_rna.name": "x"},
        {"seed": 10**15},
    ],
)
def test_a_setting_that_is_not_possible_refuses_its_preset_alone(settings):
    read = files.read_collection(collection(plain(**settings), {"name": "Two", "settings": {"variants": 2}}))
    assert [preset.name for preset in read.presets] == ["Two"]
    assert len(read.refused) == 1
    assert read.refused[0].startswith("Preset 1 'One'")


@pytest.mark.parametrize(
    "name", ["", " ", "x" * 61, "a\nb", "..", "///", "con", "LPT1", 3, None, "a\0b"[:1] + "\u202e"]
)
def test_a_name_that_cannot_be_a_file_is_refused(name):
    read = files.read_collection(collection({"name": name, "settings": {"variants": 2}}))
    assert not read.presets
    assert len(read.refused) == 1


def test_a_name_never_leaves_the_folder():
    for name in ("../../startup/evil", "a/b", "C:\\x", "..\\up", ".hidden", "~root", "a.py"):
        assert not set(values.file_stem(name)) & set("/\\.:~")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": "other"}',
        b'{"format": "nano-banana-presets", "version": 2}',
        b'{"format": "nano-banana-presets", "version": 1, "presets": {}}',
        b'{"format": "nano-banana-presets", "version": 1, "presets": [], "lists": []}',
        b'{"format": "nano-banana-presets", "version": 1, "presets": [NaN]}',
        b'{"format": "nano-banana-presets", "version": 1, "presets": [' + b"9" * 5000 + b"]}",
        b" " * (files.MAX_FILE_BYTES + 1),
    ],
    ids=range(12),
)
def test_a_file_that_is_none_is_refused_with_a_sentence(content):
    with pytest.raises(InputError) as caught:
        files.read_collection(content)
    assert caught.value.next_step


def test_doubles_and_too_many_are_told():
    read = files.read_collection(collection(*[{"name": "A b", "settings": {"variants": 2}}] * 3, plain(variants=2)))
    assert [preset.name for preset in read.presets] == ["A b", "One"]
    assert len(read.refused) == 2
    many = [{"name": f"N{n}", "settings": {"variants": 2}} for n in range(files.MAX_PRESETS + 5)]
    read = files.read_collection(collection(*many, lists={"Bad": ["x"], "ok": ["x"], "empty": [], "odd": ["{a|b}"]}))
    assert len(read.presets) == files.MAX_PRESETS
    assert set(read.lists) == {"ok"}
    assert len(read.refused) == 4


def test_damaged_files_end_in_a_sentence():
    """A thousand damaged copies of a good file: each is read or refused, and what is read is possible."""
    good = files.write_collection([GOOD], {"pets": ("cat",)}).encode()
    generator = random.Random(5)
    for _ in range(1000):
        damaged = bytearray(good)
        for _ in range(generator.randint(1, 6)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        try:
            read = files.read_collection(bytes(damaged))
        except InputError:
            continue
        for preset in read.presets:
            assert files.read_assignments("x", files.write_assignments(preset))[1] == ()


def test_what_it_changes_is_told_in_the_panels_words():
    current = {place: row.default for place, row in PRESET_ROWS.items()} | {"thinking_level": "HIGH"}
    told = values.compare(current, check_preset(GOOD))
    assert ("Size", "2K", "4K") in told
    assert ("Temperature", "Default", "0.5") in told
    assert ("Thinking", "High", "Default") in told
    assert ("Texture: First View as Style", "on", "off") in told
    assert ("Guides", "none", "Clay, Depth") in told
    assert values.compare(current | check_preset(GOOD).settings, check_preset(GOOD)) == []
