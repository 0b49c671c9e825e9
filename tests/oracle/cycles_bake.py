"""One view put onto a map by Cycles' own EMIT bake: an implementation that nobody here wrote.

Camera coordinates by nodes (Object coordinates of an empty at the camera, divided by -z), since UV Project is not
exact in perspective. The light path's facing is not tested: compare only texels that both see.
"""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from nano_banana_addon.core.scene.capture import View


def bake_view(shape: bpy.types.Object, view: View, picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The map (size, size, 4) uint8, top row first; alpha 255 on the islands."""
    prepare(shape, view, picture, size)
    run()
    return read_target()


def prepare(shape: bpy.types.Object, view: View, picture: NDArray[np.uint8], size: int, samples: int = 1) -> None:
    """Everything but the bake itself."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = False
    target = bpy.data.images.new("Baked", size, size, alpha=True)
    target.colorspace_settings.name = "Non-Color"
    target.generated_color = (0, 0, 0, 0)
    shape.data.materials.clear()
    shape.data.materials.append(_material(view, _image(picture), target))
    for each in bpy.context.view_layer.objects:
        each.select_set(each is shape)
    bpy.context.view_layer.objects.active = shape


def run() -> None:
    """The bake that is measured."""
    bpy.ops.object.bake(type="EMIT", margin=0, use_clear=True)


def read_target() -> NDArray[np.uint8]:
    """What was baked."""
    target = bpy.data.images["Baked"]
    values = np.empty(target.size[0] * target.size[1] * 4, np.float32)
    target.pixels.foreach_get(values)
    return np.round(values.reshape(target.size[1], target.size[0], 4)[::-1] * 255).astype(np.uint8)


def _image(picture: NDArray[np.uint8]) -> bpy.types.Image:
    height, width = picture.shape[:2]
    image = bpy.data.images.new("View", width, height)
    image.colorspace_settings.name = "Non-Color"
    rgba = np.dstack([picture[::-1], np.full((height, width), 255, np.uint8)]).astype(np.float32) / 255
    image.pixels.foreach_set(rgba.reshape(-1))
    image.update()
    return image


def _material(view: View, picture: bpy.types.Image, target: bpy.types.Image) -> bpy.types.Material:
    camera = bpy.data.objects.new("View", None)
    camera.matrix_world = Matrix(view.world)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.view_layer.update()
    made = bpy.data.materials.new("View")
    if made.node_tree is None:
        made.use_nodes = True
    tree = made.node_tree
    tree.nodes.clear()
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    coordinates.object = camera
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(coordinates.outputs["Object"], split.inputs[0])
    join = tree.nodes.new("ShaderNodeCombineXYZ")
    for axis in range(2):
        tree.links.new(_on_canvas(tree, split, axis, float(view.projection[axis][axis])), join.inputs[axis])
    image = tree.nodes.new("ShaderNodeTexImage")
    image.image, image.extension, image.interpolation = picture, "EXTEND", "Linear"
    tree.links.new(join.outputs[0], image.inputs[0])
    emission = tree.nodes.new("ShaderNodeEmission")
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(image.outputs[0], emission.inputs[0])
    tree.links.new(emission.outputs[0], output.inputs[0])
    into = tree.nodes.new("ShaderNodeTexImage")
    into.image = target
    tree.nodes.active = into
    return made


def _on_canvas(tree: bpy.types.NodeTree, split: bpy.types.Node, axis: int, factor: float) -> bpy.types.NodeSocket:
    """0.5 + 0.5 * factor * coordinate / -z."""
    divide = tree.nodes.new("ShaderNodeMath")
    divide.operation = "DIVIDE"
    tree.links.new(split.outputs[axis], divide.inputs[0])
    tree.links.new(split.outputs[2], divide.inputs[1])
    place = tree.nodes.new("ShaderNodeMath")
    place.operation = "MULTIPLY_ADD"
    tree.links.new(divide.outputs[0], place.inputs[0])
    place.inputs[1].default_value = -0.5 * factor
    place.inputs[2].default_value = 0.5
    return place.outputs[0]
