# SPDX-License-Identifier: GPL-3.0-or-later
"""`dev.py demo`: the main job in real Blender, against the embedded server, with pictures and a .blend."""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo import scene as still_life
from devtools.demo.progress_line import ProgressLine

PACKAGE = "bl_ext.user_default.nano_banana.nano_banana_addon"
TEXTURE_PROMPT = "Ocean teal marble with veins of gold, polished stoneware glaze"
RESTYLE_PROMPT = "Oil painting of a still life in golden light, broad confident brush strokes"


def find_module(name: str) -> ModuleType:
    """A module of the enabled extension."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def main(argv: list[str]) -> int:
    """Run the demo; returns the exit status."""
    options = _parse_options(argv)
    out = Path(options.out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    if options.what != "restyle":
        return importlib.import_module(f"devtools.demo.{options.what}").main(out, live=options.live)
    line = ProgressLine(6)
    try:
        files = _run_restyle_demo(line, out, "" if options.live else "offline")
    except find_module("core.errors").NanoBananaError as error:
        sys.stderr.write(f"\n{error.to_sentence()}\n")
        return 1
    sys.stderr.write(f"\nThe demo took {line.elapsed():.0f} s and wrote into {out}:\n")
    sys.stderr.writelines(f"  {file.name}\n" for file in files)
    return 0


def _parse_options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py demo", description=__doc__)
    kinds = ("restyle", "texture", "edit", "storyboard", "material")
    parser.add_argument("what", nargs="?", choices=kinds, default="restyle")
    parser.add_argument("--out", default="demo", help="the folder for pictures and scene.blend")
    parser.add_argument("--live", action="store_true", help="ask the real service; costs money")
    return parser.parse_args(argv)


def _run_restyle_demo(line: ProgressLine, out: Path, provider: str) -> list[Path]:
    line.begin("Building the scene")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    enable()
    jug = still_life.build()
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "scene.blend"))
    line.end()
    files = [_texture_the_jug(line, out, provider), *_restyle_the_frame(line, out, provider)]
    files += [_render_textured(line, out, jug), _render_composited(line, out)]
    line.begin("Contact sheet and scene.blend")
    files.append(_write_contact_sheet(out))
    bpy.ops.wm.save_mainfile()
    line.end()
    return [*files, out / "scene.blend"]


def enable() -> None:
    """Enable the extension again: reading the factory settings switches every add-on off."""
    name = PACKAGE.rpartition(".")[0]
    if not hasattr(bpy.types.Scene, "nano_banana"):
        bpy.ops.preferences.addon_enable(module=name)
    bpy.context.preferences.system.use_online_access = True


def generate(line: ProgressLine, **choices: Any) -> Any:
    """One generation from choices, waited for and delivered, with the progress on the line."""
    generating, words = find_module("features.generation.request_builder"), find_module("core.text.progress")
    scene_settings = find_module("features.generation.scene_settings")
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices(choices)
    ids = generating.submit(generating.prepare(bpy.context, settings))

    def show(generation: Any) -> None:
        import time

        now = time.time()
        line.show(words.estimate_fraction(generation, now), words.describe_progress(generation, now))

    generation = generating.wait_and_deliver(ids, show)[0]
    if generation.answer is None or generation.answer.result is None:
        errors = find_module("core.errors")
        failure = generation.failure
        message = failure.message if failure else "The model refused to paint this."
        raise errors.NanoBananaError(errors.ErrorKind.REFUSED, message)
    return generation


def _texture_the_jug(line: ProgressLine, out: Path, provider: str) -> Path:
    line.begin("Painting a texture for the jug")
    generation = generate(
        line, prompt=TEXTURE_PROMPT, provider=provider, source="NONE", image_size="2K", deliveries=("MATERIAL",)
    )
    line.end(f"{generation.answer.result.width} x {generation.answer.result.height}")
    return _copy_picture(generation.answer.result.path, out / "texture")


def _restyle_the_frame(line: ProgressLine, out: Path, provider: str) -> list[Path]:
    line.begin("Rendering and repainting the frame")
    generation = generate(
        line,
        prompt=RESTYLE_PROMPT,
        provider=provider,
        source="RENDER",
        image_size="1K",
        deliveries=("COMPOSITOR",),
    )
    line.end(f"{generation.answer.result.width} x {generation.answer.result.height}")
    structure = generation.request.references[-1].path
    return [_copy_picture(structure, out / "reference"), _copy_picture(generation.answer.result.path, out / "result")]


def _copy_picture(source: str, target: Path) -> Path:
    final = target.with_suffix(Path(source).suffix)
    shutil.copyfile(source, final)
    return final


def _render_textured(line: ProgressLine, out: Path, jug: bpy.types.Object) -> Path:
    """A closer look at the textured object, without the compositor, from a camera of its own."""
    line.begin("Rendering the textured object")
    scene = bpy.context.scene
    data = bpy.data.cameras.new("Close-Up")
    data.lens = 70
    close_up = still_life.aim(data, (-0.02, -0.95, 0.36), tuple(jug.location + _make_up_vector(0.16)))
    target = out / "textured.png"
    with (
        Changed(scene, camera=close_up),
        Changed(scene.render, use_compositing=False, resolution_x=720, resolution_y=720),
    ):
        _render(target)
    line.end()
    return target


def _make_up_vector(height: float) -> Any:
    from mathutils import Vector

    return Vector((0, 0, height))


def _render_composited(line: ProgressLine, out: Path) -> Path:
    line.begin("Rendering through the compositor")
    target = out / "composited.png"
    with Changed(bpy.context.scene.cycles, samples=4):  # the painted picture covers the render
        _render(target)
    line.end()
    return target


class EndCounter:
    """Shows on the line how many generations have ended, as they change."""

    def __init__(self, line: ProgressLine, count: int, words: str) -> None:
        self._line, self._count, self._words = line, count, words
        self._ended: set[str] = set()

    def __call__(self, generation: Any) -> None:
        if generation.state in find_module("core.constants").END_STATES:
            self._ended.add(generation.id)
        done = len(self._ended)
        self._line.show(done / self._count, f"{done} of {self._count} {self._words}")


class Changed:
    """Properties of a data-block set for a while."""

    def __init__(self, owner: Any, **values: Any) -> None:
        self._owner, self._values = owner, values
        self._before = {name: getattr(owner, name) for name in values}

    def __enter__(self) -> None:
        for name, value in self._values.items():
            setattr(self._owner, name, value)

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            setattr(self._owner, name, value)


def _render(target: Path) -> None:
    with Changed(bpy.context.scene.render, filepath=str(target)):
        bpy.ops.render.render(write_still=True)


def _write_contact_sheet(out: Path) -> Path:
    sheets = find_module("imaging.sheets.contact_sheet")
    tiles: list[tuple[str, Callable[[], Path], str]] = [
        ("Reference", lambda: _find_picture(out, "reference"), "rendered by the scene's own engine"),
        ("Result", lambda: _find_picture(out, "result"), RESTYLE_PROMPT),
        ("Composited frame", lambda: out / "composited.png", "the saved render, as painted"),
        ("Texture", lambda: _find_picture(out, "texture"), TEXTURE_PROMPT),
        ("Textured object", lambda: out / "textured.png", "on the jug's own UV map"),
    ]
    sheet = sheets.contact_sheet(
        [sheets.Tile(path(), caption, detail) for caption, path, detail in tiles],
        columns=3,
        title="Nano Banana: capture, paint, texture, composite",
    )
    target = out / "contact-sheet.png"
    xmp = find_module("imaging.formats.xmp")
    xmp.write_derived(sheet, target, xmp.packet(xmp.Origin.PREVIEW))
    return target


def _find_picture(out: Path, stem: str) -> Path:
    return next(p for p in sorted(out.glob(f"{stem}.*")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
