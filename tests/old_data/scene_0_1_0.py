# SPDX-License-Identifier: GPL-3.0-or-later
"""The .blend of `make_0_1_0.py`: objects to deliver to, and scenes whose every choice is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import choices_0_1_0 as choices
from PIL import Image


def build(folder: Path) -> bpy.types.Scene:
    """An empty file with a wall, three cubes and two cameras, saved in a folder."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.context.preferences.filepaths.save_version = 0
    scene = bpy.context.scene
    scene.render.resolution_x = scene.render.resolution_y = 64
    scene.frame_end = 48
    bpy.ops.mesh.primitive_plane_add(size=2.0, location=(0.0, 2.0, 0.0), rotation=(1.5708, 0, 0))
    bpy.context.object.name = "Wall"
    for name, x in (("House", -0.6), ("Statue", 0.6), ("Vase", 1.8)):
        bpy.ops.mesh.primitive_cube_add(size=0.8, location=(x, 0.0, 0.0), rotation=(0.2, 0.0, 0.4))
        bpy.context.object.name = name
    _add_shots(scene)
    _add_images(folder)
    save(folder / "scene.blend")
    return scene


def _add_shots(scene: bpy.types.Scene) -> None:
    for name, frame, x in (("Wide", 1, 0.0), ("Close", 25, 0.4)):
        camera = bpy.data.objects.new(f"Camera {name}", bpy.data.cameras.new(f"Camera {name}"))
        camera.location, camera.rotation_euler = (x, -4.0, 0.0), (1.5707963, 0.0, 0.0)
        scene.collection.objects.link(camera)
        scene.timeline_markers.new(name, frame=frame).camera = camera
        scene.camera = scene.camera or camera


def _add_images(folder: Path) -> None:
    Image.new("RGB", (64, 64), "teal").save(folder / "style.png")
    figure = bpy.data.images.new("figure", 64, 64)
    figure.generated_color = (0.8, 0.4, 0.1, 1.0)
    figure.pack()


def select(*names: str) -> None:
    """Select objects, the last of them active."""
    for thing in bpy.context.view_layer.objects:
        thing.select_set(thing.name in names)
    bpy.context.view_layer.objects.active = bpy.data.objects[names[-1]] if names else None


def set_all(group: Any, values: dict[str, Any]) -> None:
    """Set properties; each must have been something else before."""
    for name, value in values.items():
        if getattr(group, name) == value:
            raise ValueError(f"{name} is {value!r} by default: choose another value")
        setattr(group, name, value)


def add_references(scene: bpy.types.Scene, folder: Path) -> None:
    """The list of references, as the operators write it."""
    for _, role, path, image, _ in choices.REFERENCES:
        if image:
            bpy.ops.nano_banana.reference_add_image(image=image, role=role)
        else:
            file = str(folder / path.removeprefix("//"))
            bpy.ops.nano_banana.reference_add_file(filepath=file, role=role)
            scene.nano_banana.references[-1].path = path
    for entry, wanted in zip(scene.nano_banana.references, choices.REFERENCES, strict=True):
        entry.enabled = wanted[4]


def send_references(scene: bpy.types.Scene, sent: bool) -> None:
    """Let the references go along as the list says, or none of them."""
    for entry, wanted in zip(scene.nano_banana.references, choices.REFERENCES, strict=True):
        entry.enabled = sent and wanted[4]


def add_choice_scenes() -> None:
    """A scene with every choice changed, and one for each number of a menu item."""
    changed = bpy.data.scenes.new(choices.CHANGED_SCENE)
    set_all(changed.nano_banana, choices.CHOICES)
    set_all(changed.nano_banana.texturing, choices.TEXTURING)
    text = bpy.data.texts.new("Long Prompt")
    text.write("a lighthouse\nin a storm")
    changed.nano_banana.prompt_text = text
    for number in range(choices.MENU_SCENES):
        group = bpy.data.scenes.new(choices.scene_name(number)).nano_banana
        for name, items in choices.MENUS.items():
            setattr(group, name, choices.item_of(items, number))
        for name, items in choices.TEXTURING_MENUS.items():
            setattr(group.texturing, name, choices.item_of(items, number))
        group.capture_guides = {choices.item_of(choices.GUIDES, number)}
        group.texturing.guides = {choices.item_of(choices.GUIDES, number)}
        group.references.add().role = choices.item_of(choices.ROLES, number)


def show_views(scene: bpy.types.Scene) -> None:
    """Cameras for the views of the statue, with words for one and the other switched off."""
    select("Statue")
    bpy.ops.nano_banana.texture_show_views()
    first, second = scene.nano_banana.texturing.view_list
    first.prompt = "the face is here"
    second.enabled = False
    scene.nano_banana.texturing.active_view = 1


def save(path: Path) -> None:
    """Save the file, compressed."""
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
