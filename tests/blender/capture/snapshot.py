"""Everything that a capture could change, as plain values that can be compared."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import bpy

_DEEP = (
    "scenes",
    "objects",
    "cameras",
    "lights",
    "worlds",
    "materials",
    "node_groups",
    "collections",
    "images",
)
#: Derived by Blender at each redraw or look; `pixels` are compared through the Render Result.
_SKIPPED = {
    "rna_type",
    "bl_rna",
    "pixels",
    "original",
    "depsgraph",
    "is_updated",
    "is_updated_data",
    "perspective_matrix",
    "window_matrix",
    "view_matrix",
    "preview",
    "bindcode",
    "is_dirty",
    "has_data",
    "frame_duration",
    "is_evaluated",
}


def snapshot() -> dict[str, Any]:
    """The file's data, the 3D views, and the Render Result's pixels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of reading properties that Blender is going to remove
        return _everything()


def _everything() -> dict[str, Any]:
    # A 3D view's matrices follow from the rest; without a window nothing has brought them up to date.
    bpy.context.view_layer.update()
    taken: dict[str, Any] = {"names": _names(), "result": _result_pixels()}
    for name in _DEEP:
        for block in getattr(bpy.data, name):
            taken[f"{name}/{block.name}"] = _dump(block, 5)
    for scene in bpy.data.scenes:
        for layer in scene.view_layers:
            taken[f"seen/{scene.name}/{layer.name}"] = _seen(layer)
    for screen in bpy.data.screens:
        for number, area in enumerate(screen.areas):
            if area.type == "VIEW_3D":
                taken[f"{screen.name}/{number}"] = _view(area.spaces.active)
    taken["context"] = (
        bpy.context.scene.name,
        bpy.context.view_layer.name,
        bpy.context.object.name if bpy.context.object else None,
        bpy.context.mode,
    )
    return taken


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The paths of the values that differ."""
    return list(_compare("", before, after))


def _names() -> dict[str, list[tuple[str, int, int]]]:
    found = {}
    for prop in bpy.data.bl_rna.properties:
        if prop.type == "COLLECTION":
            blocks = getattr(bpy.data, prop.identifier)
            found[prop.identifier] = [(b.name_full, b.users, b.session_uid) for b in blocks]
    return found


def _result_pixels() -> bytes:
    result = bpy.data.images.get("Render Result")
    if result is None:
        return b""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result"
        try:
            result.save_render(str(path), scene=bpy.context.scene)
        except RuntimeError:
            return b""
        return next((p.read_bytes() for p in Path(folder).iterdir()), b"")


def _seen(layer: bpy.types.ViewLayer) -> list[tuple[Any, ...]]:
    return [
        (
            o.name,
            o.select_get(view_layer=layer),
            o.hide_get(view_layer=layer),
            o.hide_render,
            o.visible_get(view_layer=layer),
            tuple(map(tuple, o.matrix_world)),
        )
        for o in layer.objects
    ]


def _view(space: bpy.types.SpaceView3D) -> dict[str, Any]:
    return {
        "space": _dump(space, 3),
        "location": tuple(space.region_3d.view_location),
        "rotation": tuple(space.region_3d.view_rotation),
        "distance": space.region_3d.view_distance,
        "perspective": space.region_3d.view_perspective,
    }


def _dump(struct: Any, depth: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for prop in struct.bl_rna.properties:
        name = prop.identifier
        if name not in _SKIPPED:
            try:
                values[name] = _plain(getattr(struct, name), prop, depth)
            except (RuntimeError, ValueError, TypeError):
                continue  # some properties exist only in another mode
    return values


def _plain(value: Any, prop: Any, depth: int) -> Any:
    if prop.type == "POINTER":
        return _pointed(value, depth)
    if prop.type == "COLLECTION":
        return [_pointed(item, depth) for item in value] if depth else len(value)
    if getattr(prop, "is_array", False):
        return tuple(tuple(v) if hasattr(v, "__len__") else v for v in value)
    return frozenset(value) if isinstance(value, set) else value


def _pointed(value: Any, depth: int) -> Any:
    if value is None:
        return None
    if isinstance(value, bpy.types.ID) and not getattr(value, "is_embedded_data", False):
        return (type(value).__name__, value.name_full, value.session_uid)
    return _dump(value, depth - 1) if depth else type(value).__name__


def _compare(path: str, before: Any, after: Any) -> Any:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            yield from _compare(f"{path}/{key}", before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _compare(f"{path}[{number}]", one, other)
    elif before != after:
        yield f"{path}: {str(before)[:120]} -> {str(after)[:120]}"
