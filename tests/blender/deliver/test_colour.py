"""A result in the compositor is saved with the colours that it was generated with, whatever the colour management."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nano_banana_addon.blender.deliver.compositor import compositor
from nano_banana_addon.blender.deliver.delivery import deliver
from nano_banana_addon.blender.host import compat
from nano_banana_addon.core.constants import DeliveryKind
from tests.support.source import ROOT

from . import colours
from .colours import Look

COMPOSITOR = (DeliveryKind.COMPOSITOR,)
MEAN, MOST = 0.2, 1.5  # of 255
UNDOES_LOOKS = bool(compat.DISPLAY_NODE)
needs_looks = pytest.mark.skipif(not UNDOES_LOOKS, reason="only Blender 5 undoes looks")

SAMPLE = [
    Look("Standard"),
    Look("Standard", exposure=-2, gamma=2.2, display="Display P3"),
    Look("Raw", gamma=1.2),
    Look("AgX"),
    Look("AgX", exposure=2, gamma=0.8),
    Look("AgX", exposure=-2, gamma=2.2, display="Rec.2020"),
    Look("AgX", display="Display P3"),
    Look("AgX", display="Rec.1886"),
    Look("Filmic", exposure=0.7, gamma=1.2),
    Look("Filmic Log"),
    Look("Khronos PBR Neutral", exposure=0.7, gamma=1.2),
]
LOOKS = [
    Look("AgX", "AgX - Punchy", 0.7, 1.2),
    Look("AgX", "AgX - Medium High Contrast", display="Display P3"),
    Look("Filmic", "Very High Contrast", -2),
    Look("Khronos PBR Neutral", "High Contrast"),
    Look("ACES 2.0", display="Rec.2020"),
    Look("Standard", "Low Contrast", 2, 2.2),
]


@pytest.mark.parametrize("look", SAMPLE, ids=str)
def test_colours_that_the_view_transform_can_show_are_saved_as_generated(scene, finished, tmp_path, look: Look) -> None:
    _check(scene, finished, tmp_path, look)


@needs_looks
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_looks_are_undone(scene, finished, tmp_path, look: Look) -> None:
    _check(scene, finished, tmp_path, look)


def _check(scene, finished, folder: Path, look: Look) -> None:
    for errors in colours.measure(scene, look, finished, folder):
        assert errors.part > 0.5
        assert errors.mean <= MEAN
        assert errors.most <= MOST


def _is_limited(view: str, look: str, display: str, gamma: float) -> bool:
    """What the manual names as not undone, or not exactly."""
    is_steep = view == "Khronos PBR Neutral" and look in ("High Contrast", "Very High Contrast")
    rough = is_steep or view == "Filmic Log" or display == "Rec.2100-HLG"
    return view == "False Color" or look.endswith("Greyscale") or (rough and gamma > 2)


@needs_looks
@pytest.mark.parametrize(
    ("look", "word"),
    [
        (Look("AgX", "AgX - Greyscale"), "grey"),
        (Look("False Color"), "False Color"),
        (Look("Standard", gamma=2.2, display="Rec.2100-HLG"), "gamma"),
    ],
    ids=str,
)
def test_what_cannot_be_undone_is_told_with_what_to_do(scene, finished, look: Look, word: str) -> None:
    look.apply(scene)
    notes = [note for note in deliver(finished(), COMPOSITOR).notes if word in note]
    assert len(notes) == 1
    assert "Render > Color Management" in notes[0]


@pytest.mark.skipif(UNDOES_LOOKS, reason="Blender 5 undoes looks")
def test_a_look_that_4_5_cannot_undo_is_told(scene, finished) -> None:
    Look("AgX", "AgX - Punchy").apply(scene)
    assert any("AgX - Punchy" in note for note in deliver(finished(), COMPOSITOR).notes)


def test_a_colour_configuration_without_the_spaces_is_refused_in_words(tmp_path: Path) -> None:
    """Blender reads the configuration at its start, so that another Blender is asked."""
    config = tmp_path / "config.ocio"
    config.write_text(_CONFIGURATION)
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + _ASK
    variables = os.environ | {"OCIO": str(config)}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, timeout=240)
    assert "has no colour space named" in done.stdout, done.stdout + done.stderr


_CONFIGURATION = """ocio_profile_version: 2
roles: {default: plain, scene_linear: plain, data: plain, color_picking: plain}
displays:
  Screen:
    - !<View> {name: Plain, colorspace: plain}
colorspaces:
  - !<ColorSpace>
    name: plain
"""
_ASK = """
from tests.support import installed
installed.ensure()
from nano_banana_addon.blender.deliver.compositor import colour
from nano_banana_addon.core.errors import InputError
try:
    colour.require_spaces()
except InputError as error:
    sys.stdout.write(error.to_sentence())
installed.leave()
"""


@pytest.mark.soak
@pytest.mark.parametrize("gamma", [0.8, 1.0, 2.2])
@pytest.mark.parametrize("exposure", [-2.0, 0.0, 2.0])
@pytest.mark.parametrize("display", ["sRGB", "Display P3", "Rec.1886", "Rec.2020", "Rec.2100-PQ", "Rec.2100-HLG"])
def test_every_view_transform_and_look_on_every_display(
    scene, finished, tmp_path, display: str, exposure: float, gamma: float, capsys
) -> None:
    if display not in colours.list_values(scene.display_settings, "display_device"):
        pytest.skip("this Blender has no such display")
    wrong, lines, empty = [], [], []
    for view, look in list(colours.list_looks(scene, display)):
        if _is_limited(view, look, display, gamma) or (look != "None" and not UNDOES_LOOKS):
            continue
        setting = Look(view, look, exposure, gamma, display)
        png, exr = colours.measure(scene, setting, finished, tmp_path)
        lines.append(f"{setting}: {png} EXR {exr}")
        empty += [view] if png.part == 0 else []  # no colour of 8 bits is one that this setting can show
        if max(png.mean, exr.mean) > MEAN or max(png.most, exr.most) > MOST:
            wrong.append(lines[-1])
        compositor.remove(scene)
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert wrong == []
    assert set(empty) <= {"Raw"}
