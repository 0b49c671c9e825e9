# SPDX-License-Identifier: GPL-3.0-or-later
"""A mask data-block of Blender as pixels, by Blender's own compositor: with its feather, blending and animation."""

from __future__ import annotations

import bpy

from ...core.settings import CaptureSettings
from ...imaging.arrays import Pixels
from ..capture import render_engine
from ..capture.temporary import blank_scene
from ..host import compat


def draw_mask_shape(context: bpy.types.Context, mask: bpy.types.Mask, size: tuple[int, int]) -> Pixels:
    """How much of each pixel a mask covers, at the scene's frame: (h, w) uint8, top row first, for (width, height).

    Raises `NanoBananaError` while Blender renders.
    """
    render_engine.require_idle()
    with blank_scene(context.scene) as scene:
        if render_engine.needs_cycles(scene):
            render_engine.use_quick_cycles(scene)
        scene.view_settings.view_transform = "Raw"  # a share is no colour, and 0 is 0
        scene.render.dither_intensity = 0.0
        tree = compat.attach_compositor_tree(scene, "Mask")
        try:
            node = tree.nodes.new("CompositorNodeMask")
            node.mask = mask
            tree.links.new(node.outputs[0], compat.add_compositor_output(tree))
            return render_engine.render(scene, context, size, CaptureSettings())[..., 0]
        finally:
            compat.set_compositor_tree(scene, tree)  # a render lets go of it
            compat.detach_compositor_tree(scene)
