# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of masks that a layer can have, each a row: the node of its values, and the pass it needs; blend modes."""

from __future__ import annotations

import bpy

from ....core.options import Item
from ....light_tuple import LightTuple

_CRYPTOMATTE, _RENDER_LAYERS = "CompositorNodeCryptomatteV2", "CompositorNodeRLayers"


class MaskKind(LightTuple):
    """One kind. `source`: the type of the node that gives its values, and its socket `output`.

    `layer_pass`: the property of the view layer that must be on; `matte`: the kind of Cryptomatte layer; `range`: from
    which value to which it chooses, and how soft the edges are; `group`: the sort of its node group.
    """

    item: Item
    source: str
    output: str
    layer_pass: str = ""
    matte: str = ""
    range: tuple[float, ...] = ()
    group: str = "Matte"

    @property
    def id(self) -> str:
        """Its name in menus and files."""
        return self.item.id


_ROWS = (
    MaskKind(
        Item("OBJECT", "Selected Objects", "Where the selected objects are seen, by Cryptomatte", 0, "OBJECT_DATA"),
        _CRYPTOMATTE,
        "Matte",
        "use_pass_cryptomatte_object",
        "CryptoObject",
    ),
    MaskKind(
        Item(
            "MATERIAL",
            "Their Materials",
            "Where materials of the selected objects are seen, by Cryptomatte",
            1,
            "MATERIAL",
        ),
        _CRYPTOMATTE,
        "Matte",
        "use_pass_cryptomatte_material",
        "CryptoMaterial",
    ),
    MaskKind(
        Item(
            "ASSET",
            "Their Assets",
            "Where the selected objects with all their parents' children are seen",
            2,
            "OUTLINER_OB_EMPTY",
        ),
        _CRYPTOMATTE,
        "Matte",
        "use_pass_cryptomatte_asset",
        "CryptoAsset",
    ),
    MaskKind(
        Item("DEPTH", "Depth", "A range of distances from the camera, in units of the scene", 3, "CAMERA_DATA"),
        _RENDER_LAYERS,
        "Depth",
        "use_pass_z",
        range=(0.0, 10.0, 0.0),
        group="Range",
    ),
    MaskKind(
        Item(
            "MIST", "Mist", "A range of the mist pass, 0 where it begins and 1 where it ends; smooth edges", 4, "WORLD"
        ),
        _RENDER_LAYERS,
        "Mist",
        "use_pass_mist",
        range=(0.0, 0.5, 0.1),
        group="Range",
    ),
    MaskKind(Item("ALPHA", "Alpha", "Where the render is not transparent", 5, "IMAGE_ALPHA"), _RENDER_LAYERS, "Alpha"),
    MaskKind(
        Item("IMAGE", "Painted Image", "Where an image is white, stretched over the frame", 6, "BRUSH_DATA"),
        "CompositorNodeImage",
        "Image",
        group="Image",
    ),
    MaskKind(
        Item("FRAMES", "Frame Range", "A range of frames; Softness fades over as many frames", 7, "TIME"),
        "CompositorNodeSceneTime",
        "Frame",
        range=(1.0, 250.0, 0.0),
        group="Range",
    ),
    MaskKind(
        Item("WIPE", "Wipe", "A part of the frame's width, to compare before and after", 8, "ARROW_LEFTRIGHT"),
        _RENDER_LAYERS,
        "Image",
        range=(0.5, 1.0, 0.0),
        group="Wipe",
    ),
)

#: All kinds by their ids.
MASK_KINDS = {kind.id: kind for kind in _ROWS}

#: The blend modes of a layer, those of Blender's Mix node.
BLEND_MODES = tuple(
    Item(mode.identifier, mode.name, f"Blend as the mode {mode.name} of the Mix node", mode.value)
    for mode in bpy.types.ShaderNodeMix.bl_rna.properties["blend_type"].enum_items
)
