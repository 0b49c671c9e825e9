"""Things to put on the stage: cameras, objects, captures, generations, renders."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from nano_banana_addon.blender.host import file_session
from nano_banana_addon.core import models
from nano_banana_addon.core.constants import Kind, State
from nano_banana_addon.core.request import Delivery, GenerationRequest
from nano_banana_addon.core.result import Answer, Generation, Picture
from nano_banana_addon.core.scene import frames
from nano_banana_addon.core.scene.capture import Capture, DataBlockRef, View

from . import pictures


def generation_of(path: Path, width: int, height: int, id_: str, **fields: Any) -> Generation:
    """A generation that ended with the picture in a file."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    picture = Picture(str(path), digest, "image/png", width, height, len(data))
    chosen = {"prompt": "rainy neon alley", "kind": Kind.RESTYLE, **fields}
    return Generation(
        f"generation-{id_}",
        GenerationRequest(**chosen),
        State.DONE,
        answer=Answer(pictures=(picture,)),
    )


def name_of(block: bpy.types.ID, kind: str) -> DataBlockRef:
    """How a request names a data-block of the open file."""
    library = block.library.filepath if block.library else ""
    return DataBlockRef(kind, block.name, library, block.session_uid, file_session.current_load_id())


def for_objects(*things: bpy.types.Object, **fields: Any) -> Delivery:
    """A delivery that names objects."""
    return Delivery(objects=tuple(name_of(thing, "OBJECT") for thing in things), **fields)


def captured(scene: bpy.types.Scene, *, source: str = "CAMERA", size: str = "1K") -> Capture:
    """What a capture of the scene's camera would say: its framing and its frozen view."""
    render, camera = scene.render, scene.camera
    frame = (
        render.resolution_x * render.pixel_aspect_x,
        render.resolution_y * render.pixel_aspect_y,
    )
    laid = frames.fit_frame(frame, models.find("gemini-3-pro-image"), size)
    projection = camera.calc_matrix_camera(
        bpy.context.evaluated_depsgraph_get(),
        x=render.resolution_x,
        y=render.resolution_y,
        scale_x=render.pixel_aspect_x,
        scale_y=render.pixel_aspect_y,
    )
    onto_canvas = frames.multiply_matrices(frames.build_window_matrix(laid.window), projection)
    world = tuple(tuple(row) for row in camera.matrix_world)
    view = View(world, onto_canvas, camera.data.type == "ORTHO", camera.name)
    return Capture(source, laid, view)


def add_camera(scene: bpy.types.Scene, *, orthographic: bool = False) -> bpy.types.Object:
    """A camera that looks down at the origin from one side."""
    data = bpy.data.cameras.new("Camera")
    data.type = "ORTHO" if orthographic else "PERSP"
    data.ortho_scale = 6.0
    camera = bpy.data.objects.new("Camera", data)
    camera.location, camera.rotation_euler = (3.0, -5.0, 3.0), (1.1, 0.05, 0.54)
    scene.collection.objects.link(camera)
    scene.camera = camera
    bpy.context.view_layer.update()
    return camera


def add_cube(scene: bpy.types.Scene, name: str = "Cube") -> bpy.types.Object:
    """A cube of 2 m with a Principled material."""
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    cube.name = name
    material = bpy.data.materials.new(name)
    if not material.node_tree:
        material.use_nodes = True
    cube.data.materials.append(material)
    return cube


def emission(name: str, colour: tuple[float, ...] = (0.5, 0.1, 0.1, 1.0)) -> bpy.types.Material:
    """A material that shows its colour unlit."""
    material = bpy.data.materials.new(name)
    if not material.node_tree:
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    shader, output = (
        tree.nodes.new("ShaderNodeEmission"),
        tree.nodes.new("ShaderNodeOutputMaterial"),
    )
    shader.inputs["Color"].default_value = colour
    tree.links.new(shader.outputs[0], output.inputs["Surface"])
    return material


def render(scene: bpy.types.Scene, path: Path) -> np.ndarray:
    """Render to a PNG and read it back: float (height, width, 3), 0...255."""
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)
    return pictures.read_png(path)
