# SPDX-License-Identifier: GPL-3.0-or-later
"""Every panel, menu and header draws, and every poll answers, in every editor, mode and language, without an error."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterator
from typing import Any

import bpy
import pytest

from nano_banana_addon.session import panel_state
from nano_banana_addon.translations import interface
from panels import menus

from .strict_layout import StrictLayout

EDITORS = tuple(
    item.identifier
    for item in bpy.types.Area.bl_rna.properties["type"].enum_items
    if item.identifier not in {"EMPTY", "TOPBAR", "STATUSBAR"}
)
TREES = ("CompositorNodeTree", "ShaderNodeTree", "GeometryNodeTree", "TextureNodeTree")
#: What is added to an empty file, and the modes in which it can be.
MODES = (
    *(("mesh", mode) for mode in ("OBJECT", "EDIT", "SCULPT", "VERTEX_PAINT", "WEIGHT_PAINT", "TEXTURE_PAINT")),
    *(("armature", mode) for mode in ("OBJECT", "EDIT", "POSE")),
    *(("curve", mode) for mode in ("OBJECT", "EDIT")),
    *((kind, "OBJECT") for kind in ("empty", "light", "camera", "lattice", "text")),
)
#: What Blender prints where nothing raises.
TROUBLE = re.compile(r"Traceback|\| (ERROR|FATAL)|UILayout\.\w+\(\):|search for unknown", re.MULTILINE)
ADDERS: dict[str, Callable[[], object]] = {
    "mesh": lambda: bpy.ops.mesh.primitive_cube_add(),
    "armature": lambda: bpy.ops.object.armature_add(),
    "curve": lambda: bpy.ops.curve.primitive_bezier_curve_add(),
    "empty": lambda: bpy.ops.object.empty_add(),
    "light": lambda: bpy.ops.object.light_add(),
    "camera": lambda: bpy.ops.object.camera_add(),
    "lattice": lambda: bpy.ops.object.add(type="LATTICE"),
    "text": lambda: bpy.ops.object.text_add(),
}


@pytest.fixture(autouse=True)
def _empty_file(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """A file without objects, camera, images; and afterwards nothing that Blender has printed of errors."""
    bpy.ops.wm.read_homefile(use_empty=True)
    panel_state.get_properties().has_generated = True
    yield
    bpy.ops.wm.read_homefile(use_empty=True)
    captured = capfd.readouterr()
    assert not TROUBLE.search(captured.out + captured.err), captured.err[-2000:]


def enter(kind: str) -> Any:
    """The context of an editor, in its sidebar where it has one."""
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda each: each.width * each.height)
    area.type = kind
    region = next((each for each in area.regions if each.type == "UI"), area.regions[-1])
    return bpy.context.temp_override(window=window, area=area, region=region)


def sweep(kind: str) -> int:
    """Draw all that belongs into the editor, and ask all operators; how many panels were drawn."""
    count = 0
    with enter(kind):
        for cls in list_own(bpy.types.Panel):
            if cls.bl_space_type == kind and (not hasattr(cls, "poll") or cls.poll(bpy.context)):
                draw(cls)
                count += 1
        for cls in list_own(bpy.types.Menu):
            if not hasattr(cls, "poll") or cls.poll(bpy.context):
                draw(cls)
        for name, entry in menus.ENTRIES.items():
            entry(types.SimpleNamespace(layout=StrictLayout(), bl_idname=name), bpy.context)
        for cls in list_own(bpy.types.Operator):
            if hasattr(cls, "poll"):
                cls.poll(bpy.context)  # bpy.ops would print what it raises, and say no
            if hasattr(cls, "description"):
                cls.description(bpy.context, bpy.context.window_manager.operator_properties_last(cls.bl_idname))
        for cls in list_own(bpy.types.FileHandler):
            cls.poll_drop(bpy.context)
    return count


def list_own(base: type) -> list[Any]:
    """The add-on's registered classes of a kind."""
    return [cls for cls in base.__subclasses__() if "NANO_BANANA" in cls.__name__ and hasattr(bpy.types, cls.__name__)]


class Part:
    """What Blender makes of a class to draw it: its attributes, with a layout."""

    def __init__(self, cls: Any) -> None:
        self.layout, self._cls, self.bl_idname = StrictLayout(), cls, cls.__name__

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cls, name)
        return types.MethodType(found, self) if isinstance(found, types.FunctionType) else found


def draw(cls: Any) -> None:
    part = Part(cls)
    for name in ("draw_header", "draw_header_preset", "draw"):
        if name in {
            key for each in cls.__mro__ if each.__module__.startswith(("panels", "bl_ext")) for key in vars(each)
        }:
            getattr(cls, name)(part, bpy.context)


@pytest.mark.parametrize("kind", EDITORS)
def test_in_every_editor_of_an_empty_file(kind: str) -> None:
    count = sweep(kind)
    assert bool(count) is (kind in {"VIEW_3D", "IMAGE_EDITOR", "SEQUENCE_EDITOR"})


@pytest.mark.parametrize("tree", TREES)
def test_in_every_tree_of_the_node_editor(tree: str) -> None:
    with enter("NODE_EDITOR"):
        bpy.context.space_data.tree_type = tree
    sweep("NODE_EDITOR")


@pytest.mark.parametrize(("kind", "mode"), MODES)
def test_in_every_mode_of_the_active_object(kind: str, mode: str) -> None:
    with enter("VIEW_3D"):
        ADDERS[kind]()
        if mode != "OBJECT":
            bpy.ops.object.mode_set(mode=mode)
        assert bpy.context.object.mode == mode
    assert sweep("VIEW_3D") >= 5
    sweep("IMAGE_EDITOR")
    with enter("VIEW_3D"):
        bpy.ops.object.mode_set(mode="OBJECT")


@pytest.mark.parametrize("mode", ["VIEW", "UV", "PAINT", "MASK"])
def test_in_every_mode_of_the_image_editor(mode: str) -> None:
    with enter("IMAGE_EDITOR"):
        bpy.context.space_data.image = bpy.data.images.new("shown", 8, 8)
        if mode in {item.identifier for item in bpy.context.space_data.bl_rna.properties["ui_mode"].enum_items}:
            bpy.context.space_data.ui_mode = mode
    assert sweep("IMAGE_EDITOR") >= 2


@pytest.mark.parametrize("language", ["en_US", *interface.LANGUAGES])
def test_in_every_language(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a texture's object, a result and a failure, so that sentences are translated."""
    monkeypatch.setattr(interface, "_active", [] if language == "en_US" else [language])
    interface._find_sentence.cache_clear()
    interface._compile_patterns.cache_clear()
    shown = panel_state.get_properties()
    try:
        for state, sentence in (("DONE", ""), ("FAILED", "The model is overloaded at the moment.")):
            item = shown.results.add()
            item.name, item.state, item.title, item.message = state, state, f"a {state}", sentence
        shown.notice, shown.notice_kind = "There is no API key for Google.", "KEY_MISSING"
        bpy.ops.mesh.primitive_cube_add()
        for kind in ("VIEW_3D", "IMAGE_EDITOR", "NODE_EDITOR", "SEQUENCE_EDITOR", "PREFERENCES"):
            for shown.active_result in (0, 1):
                sweep(kind)
    finally:
        shown.results.clear()
        panel_state.clear_notice()
        interface._find_sentence.cache_clear()
        interface._compile_patterns.cache_clear()


def test_in_a_file_whose_scene_lost_its_objects_and_images() -> None:
    """Data-blocks that choices pointed to are gone."""
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    image = bpy.data.images.new("gone", 8, 8)
    scene.nano_banana.source, scene.nano_banana.source_image = "IMAGE", image.name
    scene.nano_banana.prompt_text = bpy.data.texts.new("gone")
    bpy.data.images.remove(image)
    bpy.data.texts.remove(bpy.data.texts["gone"])
    bpy.data.objects.remove(scene.camera)
    for kind in ("VIEW_3D", "IMAGE_EDITOR", "SEQUENCE_EDITOR"):
        assert sweep(kind)
