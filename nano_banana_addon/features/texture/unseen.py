# SPDX-License-Identifier: GPL-3.0-or-later
"""What no view of a texture has seen, and the camera that sees most of it: measured before anything is billed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import bpy
from mathutils import Matrix

from ...blender.bake.views import Lens
from ...blender.bake.visibility import measure_view_quality
from ...blender.deliver.datablocks import lookup, ownership_tags
from ...blender.deliver.datablocks.ownership_tags import Role
from ...core.errors import InputError
from ...core.request import GenerationRequest
from ...core.scene.capture import ObjectPose, View
from ...core.settings import Settings
from ...core.texture import require_texture_context
from ...session import session
from . import add_view
from .maps import texture_info
from .views import view_cameras
from .views.coverage import select_best_views
from .views.texture_settings import texture_settings_of
from .views.views import compute_canvas

NAME = "Unseen Part"
#: Of images to which views were added, one upon the other: more is a circle of references.
_LONGEST_CHAIN = 100


@dataclass(frozen=True, slots=True)
class Aim:
    """A camera, and the part of the surface that it sees and no view has seen."""

    camera: bpy.types.Object
    gain: float


def aim(context: bpy.types.Context, settings: Settings) -> Aim:
    """Put a camera at the largest part of the active object's texture that none of its views has seen.

    A camera that was placed so before is replaced. Raises `InputError` for a texture whose views are not known, and
    where no place sees more than the views did.
    """
    textured = add_view.read_textured(context)
    image = lookup.find_datablock(textured.base.image).block
    views = list(_list_views(image, textured.chosen.objects[0])) if isinstance(image, bpy.types.Image) else []
    if not views:
        raise InputError(
            "It is not known which parts of this texture no view has seen: it was not made here.",
            next_step="Look at the part that is to change, and choose Add View.",
        )
    texture = texture_settings_of(context.scene)
    canvas, _ = compute_canvas(settings)
    best = select_best_views(textured.geometry, Lens(canvas, texture.orthographic), 1, views)
    if not best:
        raise InputError(
            "No view from outside sees more of the surface than the views of this texture have seen.",
            next_step="Move the 3D view inside or closer, and choose Add View.",
        )
    quality = measure_view_quality(textured.geometry, [best[0], *views], both_sides=texture.both_sides)
    gain = float(((quality[0] > 0) & (quality[1:].max(axis=0) <= 0)).mean())
    return Aim(_place_camera(context.scene, replace(best[0], camera=NAME), canvas), gain)


def _list_views(image: bpy.types.Image, obj: bpy.types.Object) -> Iterator[View]:
    """The views of a texture and of what it was added to, where they are now that the object may have been moved."""
    for _ in range(_LONGEST_CHAIN):
        used = {(v["generation"], v["index"]) for v in texture_info.list_used_views(image)}
        request: GenerationRequest | None = None
        for generation in session.current().store.many(texture_info.list_generations(image)):
            request = generation.request
            for tile in require_texture_context(request).shown:
                if (generation.id, tile.index) in used:
                    yield _move(tile.view, request, obj)
        base = require_texture_context(request).base if request else None
        block = lookup.find_datablock(base.image, request.blend_path).block if base and request else None
        if not isinstance(block, bpy.types.Image):
            return
        image = block


def _move(view: View, request: GenerationRequest, obj: bpy.types.Object) -> View:
    known = require_texture_context(request).targets
    poses = [pose for pose in known if pose.object.name == obj.name] or [pose for pose in known if _is_twin(pose, obj)]
    if not poses:
        return view
    world = obj.matrix_world @ Matrix(poses[0].world).inverted_safe() @ Matrix(view.world)
    return replace(view, world=tuple((row[0], row[1], row[2], row[3]) for row in world))


def _is_twin(pose: ObjectPose, obj: bpy.types.Object) -> bool:
    """Whether the object shares its mesh with the one that the texture was generated on."""
    other = bpy.data.objects.get((pose.object.name, None))
    return other is not None and other.data == obj.data


def _place_camera(scene: bpy.types.Scene, view: View, canvas: tuple[int, int]) -> bpy.types.Object:
    for old in [o for o in ownership_tags.find_by_role(bpy.data.objects, Role.VIEW_CAMERA) if o.name == NAME]:
        bpy.data.objects.remove(old)
    camera = view_cameras.create_camera(view, canvas)
    scene.collection.objects.link(camera)
    return camera
