"""Colour management as Blender itself applies it: what a view transform makes of light, and what is saved."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from nano_banana_addon.blender.deliver.delivery import deliver
from nano_banana_addon.blender.host import compat
from nano_banana_addon.core.constants import DeliveryKind
from nano_banana_addon.core.result import Generation

from .staging import add_camera

_SIZE = (96, 64)
_LEVEL = 1 / 255


@dataclass(frozen=True, slots=True)
class Look:
    """One setting of the colour management."""

    view: str
    look: str = "None"
    exposure: float = 0.0
    gamma: float = 1.0
    display: str = "sRGB"

    def apply(self, scene: bpy.types.Scene) -> None:
        """Set it in a scene."""
        scene.display_settings.display_device = self.display
        settings = scene.view_settings
        settings.view_transform, settings.look = self.view, self.look
        settings.exposure, settings.gamma = self.exposure, self.gamma


@dataclass(frozen=True, slots=True)
class Errors:
    """Differences in levels of 255: mean, what 99 of 100 values keep to, largest; the part that was compared."""

    mean: float
    most: float
    largest: float
    part: float


def list_values(owner: Any, name: str) -> tuple[str, ...]:
    """What a menu allows now: Blender only tells it in the message of a refusal."""
    try:
        setattr(owner, name, "\x01")
    except TypeError as error:
        return ast.literal_eval(str(error).partition(" not found in ")[2])
    raise AssertionError(name)


def list_looks(scene: bpy.types.Scene, display: str) -> Iterator[tuple[str, str]]:
    """Each view transform of a display with each of its looks."""
    scene.display_settings.display_device = display
    for view in list_values(scene.view_settings, "view_transform"):
        scene.view_settings.view_transform = view
        for look in list_values(scene.view_settings, "look"):
            yield view, look


def prepare(scene: bpy.types.Scene) -> None:
    """A small frame, with a camera, saved as PNG of 16 bits."""
    if scene.camera is None:
        add_camera(scene)
    scene.render.resolution_x, scene.render.resolution_y = _SIZE
    output = scene.render.image_settings
    output.file_format, output.color_mode, output.color_depth = "PNG", "RGB", "16"


def make_light(path: Path, exposure: float) -> bpy.types.Image:
    """An EXR of varied scene-linear colours, from black to half as bright again as white after `exposure`."""
    rng = np.random.default_rng(7)
    light = rng.random((*_SIZE[::-1], 1)) ** 3 * 1.5 * (1 - 0.5 * rng.random((*_SIZE[::-1], 3))) / 2**exposure
    image = bpy.data.images.new("light", *_SIZE, float_buffer=True)
    image.pixels.foreach_set(np.dstack([light, np.ones(light.shape[:2])]).astype(np.float32).ravel())
    image.filepath_raw, image.file_format = str(path), "OPEN_EXR"
    image.save()
    bpy.data.images.remove(image)
    return bpy.data.images.load(str(path))


def read(path: Path) -> np.ndarray:
    """The values of a file as they are: float (height, width, 3), top row first."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.is_data = True
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    rows = values.reshape(image.size[1], image.size[0], 4)[::-1, :, :3].copy()
    bpy.data.images.remove(image)
    return rows


def show(image: bpy.types.Image, scene: bpy.types.Scene, look: Look, path: Path) -> np.ndarray:
    """An image as Blender saves it with a colour management."""
    look.apply(scene)
    image.save_render(str(path), scene=scene)
    return read(path)


def render(scene: bpy.types.Scene, path: Path) -> np.ndarray:
    """The scene rendered and saved."""
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)
    return read(path)


def render_light(scene: bpy.types.Scene, exposure: float, folder: Path) -> bpy.types.NodeSocket:
    """Let the scene's compositor put out varied light; the socket that gives it."""
    tree = compat.attach_compositor_tree(scene, "Light")
    source = tree.nodes.new("CompositorNodeImage")
    source.image = make_light(folder / "light.exr", exposure)
    output = compat.compositor_output(tree) or compat.add_compositor_output(tree)
    tree.links.new(source.outputs["Image"], output)
    return source.outputs["Image"]


def save_exr(scene: bpy.types.Scene, path: Path) -> bpy.types.Image:
    """The Render Result as an EXR, loaded again."""
    output = scene.render.image_settings
    result = next(image for image in bpy.data.images if image.type == "RENDER_RESULT")
    output.file_format, output.color_depth = "OPEN_EXR", "32"
    result.save_render(str(path), scene=scene)
    output.file_format, output.color_depth = "PNG", "16"
    return bpy.data.images.load(str(path))


def paint(scene: bpy.types.Scene, look: Look, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """A picture of colours that Blender made of light: uint8 sRGB, and the values of 0 to 1 on the look's display."""
    light = make_light(folder / "light.exr", look.exposure)
    painted = show(light, scene, look, folder / "painted.png")
    image = bpy.data.images.load(str(folder / "painted.png"))
    if look.view != "Raw":
        image.colorspace_settings.name = look.display
    picture = show(image, scene, Look("Standard"), folder / "picture.png")
    bpy.data.images.remove(image)
    bpy.data.images.remove(light)
    return np.round(picture * 255).astype(np.uint8), painted


def expect(scene: bpy.types.Scene, look: Look, picture: Path, folder: Path) -> np.ndarray:
    """What the display should get of a picture: what Blender sends it of that file without a view transform.

    Blender rounds what it shows of a file of 8 bits, so that a copy of 16 bits is shown.
    """
    original = bpy.data.images.load(str(picture))
    original.colorspace_settings.is_data = True
    fine = bpy.data.images.new("fine", *original.size, float_buffer=True, is_data=True)
    fine.pixels = original.pixels[:]
    show(fine, scene, Look("Raw"), folder / "fine.png")
    image = bpy.data.images.load(str(folder / "fine.png"))
    display = "sRGB" if look.view == "Raw" else look.display
    values = show(image, scene, Look("Standard", display=display), folder / "expected.png")
    for each in (original, fine, image):
        bpy.data.images.remove(each)
    return values


def measure(
    scene: bpy.types.Scene, look: Look, finished: Callable[..., Generation], folder: Path
) -> tuple[Errors, Errors]:
    """The errors of a saved PNG, and of an EXR that is shown with the same colour management.

    Only colours count that the look can show: those that Blender made with it, where a picture of 8 bits in sRGB holds
    them.
    """
    prepare(scene)
    picture, painted = paint(scene, look, folder)
    generation = finished(picture)
    expected = expect(scene, look, Path(generation.answer.pictures[0].path), folder)
    can_show = np.abs(expected - painted).max(-1) <= _LEVEL
    look.apply(scene)
    deliver(generation, (DeliveryKind.COMPOSITOR,))
    saved = render(scene, folder / "saved.png")
    exr = save_exr(scene, folder / "saved.exr")
    viewed = show(exr, scene, look, folder / "viewed.png")
    bpy.data.images.remove(exr)
    return compare(saved, expected, can_show), compare(viewed, expected, can_show)


def compare(values: np.ndarray, expected: np.ndarray, mask: np.ndarray | None = None) -> Errors:
    """The differences of two images, where the mask is true; none where it is nowhere (`part` is 0 then)."""
    differences = np.abs(values - expected) / _LEVEL
    chosen = differences if mask is None else differences[mask]
    part = 1.0 if mask is None else float(mask.mean())
    if not chosen.size:
        return Errors(0.0, 0.0, 0.0, part)
    return Errors(float(chosen.mean()), float(np.percentile(chosen, 99)), float(chosen.max()), part)
