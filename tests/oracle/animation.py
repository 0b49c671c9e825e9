"""An animated scene with known textures: a camera that moves through a set, a rigid and two deforming objects, and one
that appears later. Keyframes of it come back as the truth; frames are rendered by Cycles and compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nano_banana_addon.blender.bake.bake import BakedMap
from nano_banana_addon.blender.bake.batches import surface_batch
from nano_banana_addon.blender.bake.mesh import read_geometry
from nano_banana_addon.blender.bake.project import draw_positions
from nano_banana_addon.blender.host.gpu import initialise_gpu
from nano_banana_addon.blender.host.progress_steps import run_all
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.result import Answer, Generation, Picture
from nano_banana_addon.core.settings import Settings
from nano_banana_addon.core.storyboard.keyframes import FrameCoverage
from nano_banana_addon.core.texture import TextureSettings
from nano_banana_addon.features.texture.maps import bake_maps
from nano_banana_addon.features.texture.maps.bake_maps import TextureMaps
from nano_banana_addon.features.texture.plan import TexturePlan, prepare
from nano_banana_addon.features.texture.views import frame_coverage
from nano_banana_addon.imaging.texture_fill.dilation import dilate
from tests.oracle import painter, scenes, truth

FIRST, LAST = 1, 48
MAP, FRAME = 1024, (480, 270)
Pixels = NDArray[np.uint8]


@dataclass(slots=True)
class Animation:
    """The objects by name, and the truth of each, (MAP, MAP, 3)."""

    objects: list[bpy.types.Object]
    truths: dict[str, Pixels] = field(default_factory=dict)


def build() -> Animation:
    """The scene at its first frame, unwrapped, with every object at rest."""
    initialise_gpu()
    scenes.empty_file()
    shapes = [_ground(), _column((-1.8, 1.6)), _column((1.7, 1.2)), _car(), _tail(), _arm(), _late()]
    for shape in shapes:
        scenes._unwrap(shape)
    bpy.context.view_layer.update()
    made = Animation(shapes, {shape.name: _true_map(shape) for shape in shapes})
    _animate(*shapes[3:])
    _add_camera()
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = FIRST, LAST
    scene.render.resolution_x, scene.render.resolution_y = 1920, 1080
    scene.frame_set(FIRST)
    show(made, made.truths)
    return made


def _named(name: str) -> bpy.types.Object:
    shape = bpy.context.object
    shape.name = name
    return shape


def _ground() -> bpy.types.Object:
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=8, y_subdivisions=8, size=8)
    return _named("Ground")


def _column(place: tuple[float, float]) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=1, location=(*place, 1.0), scale=(0.6, 0.6, 2.0))
    return _named("Column")


def _car() -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=1, location=(-2.5, -0.6, 0.5), scale=(1.2, 0.7, 0.6))
    shape = _named("Car")
    cut = shape.modifiers.new("Edges", "BEVEL")
    cut.width, cut.segments = 0.05, 2
    return shape


def _cylinder(name: str, place: tuple[float, float]) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cylinder_add(vertices=48, radius=0.3, depth=2, location=(*place, 1.05), end_fill_type="NGON")
    shape = _named(name)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.mesh.bisect(plane_co=(*place, 1.0), plane_no=(0, 0, 1))
    bpy.ops.object.mode_set(mode="OBJECT")
    rings = shape.modifiers.new("Rings", "SUBSURF")
    rings.subdivision_type, rings.levels = "SIMPLE", 3
    bpy.ops.object.modifier_apply(modifier=rings.name)
    return shape


def _tail() -> bpy.types.Object:
    """It bends by a shape key."""
    shape = _cylinder("Tail", (0.0, 0.8))
    shape.shape_key_add(name="Rest")
    bent = shape.shape_key_add(name="Bent")
    for point in bent.data:
        point.co.x += 0.35 * (point.co.z + 1) ** 2 / 2
    return shape


def _arm() -> bpy.types.Object:
    """It bends by an armature."""
    shape = _cylinder("Arm", (2.4, -0.9))
    bpy.ops.object.armature_add(location=(2.4, -0.9, 0.05))
    rig = _named("Rig")
    bpy.ops.object.mode_set(mode="EDIT")
    lower = rig.data.edit_bones[0]
    lower.tail = (0, 0, 1)
    upper = rig.data.edit_bones.new("Upper")
    upper.head, upper.tail, upper.parent = (0, 0, 1), (0, 0, 2), lower
    bpy.ops.object.mode_set(mode="OBJECT")
    for index, name in enumerate((rig.data.bones[0].name, "Upper")):
        group = shape.vertex_groups.new(name=name)
        for vertex in shape.data.vertices:
            up = min(max((vertex.co.z + 0.4) / 0.8, 0.0), 1.0)
            group.add([vertex.index], up if index else 1 - up, "REPLACE")
    shape.modifiers.new("Rig", "ARMATURE").object = rig
    bpy.context.view_layer.objects.active = shape
    return shape


def _late() -> bpy.types.Object:
    bpy.ops.mesh.primitive_uv_sphere_add(segments=48, ring_count=24, radius=0.45, location=(-0.9, -1.8, 0.5))
    return _named("Late")


def _animate(car: bpy.types.Object, tail: bpy.types.Object, arm: bpy.types.Object, late: bpy.types.Object) -> None:
    for frame, x, turn in ((FIRST, -2.5, 0.0), (LAST, 1.2, 1.2)):
        car.location.x, car.rotation_euler.z = x, turn
        car.keyframe_insert("location", frame=frame)
        car.keyframe_insert("rotation_euler", frame=frame)
        key = tail.data.shape_keys.key_blocks["Bent"]
        key.value = float(frame == LAST)
        key.keyframe_insert("value", frame=frame)
        bone = arm.modifiers["Rig"].object.pose.bones["Upper"]
        bone.rotation_mode, bone.rotation_euler = "XYZ", (0.0, 0.0, 0.9 * (frame == LAST))
        bone.keyframe_insert("rotation_euler", frame=frame)
    for frame, hidden in ((FIRST, True), (20, False)):
        late.hide_viewport = late.hide_render = hidden
        late.keyframe_insert("hide_viewport", frame=frame)
        late.keyframe_insert("hide_render", frame=frame)


def _add_camera() -> None:
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    aim = bpy.data.objects.new("Aim", None)
    aim.location = (0, 0, 0.8)
    for item in (camera, aim):
        scene.collection.objects.link(item)
    follow = camera.constraints.new("TRACK_TO")
    follow.target = aim
    for frame in range(FIRST, LAST + 1):
        turn = math.radians(-50 + 100 * (frame - FIRST) / (LAST - FIRST))
        camera.location = (7 * math.sin(turn), -7 * math.cos(turn), 3.2)
        camera.keyframe_insert("location", frame=frame)
    scene.camera = camera


def _true_map(shape: bpy.types.Object) -> Pixels:
    """The truth at rest: colours by place in the object's own space, with borders around the islands."""
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), [shape], include_occluders=False)
    places = draw_positions(surface_batch(geometry.targets[0]), (MAP, MAP))
    inverse = np.array(shape.matrix_world.inverted())
    local = (places[..., :3] + np.array(geometry.origin, np.float32)) @ inverse[:3, :3].T + inverse[:3, 3]
    scaled = local * np.array(shape.scale, np.float32)
    colours = np.round(np.clip(truth.to_display(truth.colour_at(scaled)), 0, 1) * 255).astype(np.uint8)
    return dilate(colours, places[..., 3] > 0, 16)


def show(made: Animation, maps: Mapping[str, Pixels], *, closest: bool = False) -> None:
    """Let every object emit its map, (h, w, 3) display values."""
    for shape in made.objects:
        _emit_map(shape, maps[shape.name], closest=closest)


def _emit_map(shape: bpy.types.Object, pixels: NDArray[np.generic], *, closest: bool) -> None:
    image = bpy.data.images.new(shape.name, pixels.shape[1], pixels.shape[0], float_buffer=pixels.dtype != np.uint8)
    whole = np.ones((*pixels.shape[:2], 4), np.float32)
    whole[..., :3] = pixels[::-1] / 255 if pixels.dtype == np.uint8 else pixels[::-1]
    if pixels.dtype != np.uint8:
        image.colorspace_settings.name = "Non-Color"
    image.pixels.foreach_set(whole.reshape(-1))
    image.pack()
    made = bpy.data.materials.new("Map")
    if made.node_tree is None:
        made.use_nodes = True
    made.node_tree.nodes.clear()
    node = made.node_tree.nodes.new("ShaderNodeTexImage")
    node.image, node.interpolation = image, "Closest" if closest else "Linear"
    truth._emit(made.node_tree, node.outputs["Color"])
    shape.data.materials.clear()
    shape.data.materials.append(made)


def show_places(made: Animation) -> None:
    """Let every object emit its place in its map, and its number."""
    for number, shape in enumerate(made.objects):
        material = bpy.data.materials.new("Places")
        if material.node_tree is None:
            material.use_nodes = True
        tree = material.node_tree
        tree.nodes.clear()
        split = tree.nodes.new("ShaderNodeSeparateXYZ")
        tree.links.new(tree.nodes.new("ShaderNodeTexCoord").outputs["UV"], split.inputs[0])
        join = tree.nodes.new("ShaderNodeCombineColor")
        tree.links.new(split.outputs[0], join.inputs[0])
        tree.links.new(split.outputs[1], join.inputs[1])
        join.inputs[2].default_value = number + 1
        truth._emit(tree, join.outputs[0])
        shape.data.materials.clear()
        shape.data.materials.append(material)


def render(frame: int, folder: Path, *, samples: int = 9) -> NDArray[np.float32]:
    """A frame of the animation, linear (h, w, 3)."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    return painter.render_linear(bpy.data.objects["Camera"], FRAME, str(folder), samples)[..., :3]


def render_display(frame: int, folder: Path, *, samples: int = 9) -> Pixels:
    """A frame of the animation in display values."""
    return np.round(np.clip(truth.to_display(render(frame, folder, samples=samples)), 0, 1) * 255).astype(np.uint8)


def seen_masks(made: Animation, baked: TextureMaps, frames: Sequence[int], folder: Path) -> list[NDArray[np.bool_]]:
    """Of each frame, the pixels (h, w) whose every sample lies on a texel that a keyframe gave its colour."""
    white = {obj.name: np.repeat(m.painted_mask[..., None] * np.uint8(255), 3, -1) for obj, m in zip_maps(baked)}
    show(made, white, closest=True)
    return [render(frame, folder)[..., 0] > 0.999 for frame in frames]


def zip_maps(baked: TextureMaps) -> list[tuple[bpy.types.Object, BakedMap]]:
    """The objects with their maps."""
    return [(obj, own.maps[0]) for own in baked.objects for obj in own.objects]


def texels_of(made: Animation, frame: int, folder: Path) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Of each pixel (h, w) of a frame, taken at one point: the number of the texel among those of all maps, and whether
    the point lies on an object, and well within the texel."""
    places = render(frame, folder, samples=1).astype(np.float64)
    spots = places[..., :2] * MAP
    number = np.round(places[..., 2]).astype(np.intp) - 1
    columns, rows = np.moveaxis(np.clip(spots.astype(np.intp), 0, MAP - 1), -1, 0)
    parts = spots - np.floor(spots)
    within = (np.abs(parts - 0.5) < 0.45).all(axis=-1) & (number >= 0)
    return (number * MAP + MAP - 1 - rows) * MAP + columns, within


def plan_choices(keyframes: str, **choices: object) -> tuple[Settings, TextureSettings]:
    """The choices of a test."""
    wanted = {"views": "KEYFRAMES", "keyframes": keyframes, "texture_size": MAP, "guides": ("CLAY", "DEPTH"), **choices}
    settings = Settings(prompt="a painted set", model="GEMINI_3_PRO_IMAGE", image_size="1K")
    return settings, TextureSettings().replace_choices(wanted)


def plan(made: Animation, keyframes: str, **choices: object) -> TexturePlan:
    """The plan for these keyframes of all objects; nothing is sent."""
    names = [shape.name for shape in made.objects]
    return prepare(bpy.context, *plan_choices(keyframes, **choices), names=names, dry_run=True)


def measure(made: Animation, keyframes: str) -> FrameCoverage:
    """What is told of these keyframes before anything is paid."""
    names = [shape.name for shape in made.objects]
    return run_all(frame_coverage.measure_steps(bpy.context, *plan_choices(keyframes), names))


def paint(
    planned: TexturePlan, folder: Path, change: Callable[[Pixels, int], Pixels] | None = None
) -> list[Generation]:
    """What came back for each keyframe: the truth as it is at that frame, changed by a function if one is given."""
    generations = []
    for request in planned.order.requests:
        (shown,) = request.texture.shown
        bpy.context.scene.frame_set(shown.view.frame_number)
        pixels = painter.render(shown.view, shown.size, str(folder))
        path = folder / f"keyframe-{shown.view.frame_number}.png"
        Image.fromarray(change(pixels, shown.index) if change else pixels).save(path)
        picture = Picture(str(path), "0" * 64, "image/png", *shown.size, path.stat().st_size)
        answer = Answer(pictures=(picture,))
        generations.append(Generation(path.stem, request, State.DONE, answer=answer))
    bpy.context.scene.frame_set(FIRST)
    bpy.context.scene.camera = bpy.data.objects["Camera"]
    return generations


def bake(generations: list[Generation]) -> TextureMaps:
    """The maps, as the add-on makes them."""
    return bake_maps.bake_maps(generations)
