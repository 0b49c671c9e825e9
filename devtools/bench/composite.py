# SPDX-License-Identifier: GPL-3.0-or-later
"""How long ten layers composite at 1080p, in turn with ten of Blender's own Alpha Over nodes over the
same images. Runs inside Blender."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from .support.rows import ROUNDS, Row, compare, measure_in_turns

SIZE = (1920, 1080)
LAYERS = 10
#: View transforms, and the space of the nodes that keep an image's colours under them.
VIEWS = (("Standard", ""), ("AgX", "AgX Base sRGB"))
HOLD = 1.3  # times the chain of Alpha Over nodes


def measure(argv: list[str]) -> list[Row]:
    """A row for each view transform, in milliseconds."""
    parser = argparse.ArgumentParser(prog="bench composite", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(argv).rounds
    with tempfile.TemporaryDirectory() as folder:
        return [_measure_view(Path(folder), *view, rounds) for view in VIEWS]


def _measure_view(folder: Path, view: str, space: str, rounds: int) -> Row:
    paths = [_write_image(folder / f"{index}.png", index) for index in range(LAYERS)]
    figures = measure_in_turns(
        {
            "layers": lambda: _composite(paths, view, _add_layers),
            "chain": lambda: _composite(paths, view, partial(_add_alpha_over, space=space)),
        },
        rounds,
    )
    ours, beside = ([1e3 * value for value in figures[case]] for case in ("layers", "chain"))
    name = f"{LAYERS} layers at {SIZE[0]} x {SIZE[1]}, {view}"
    nodes = "Image, Scale and Alpha Over nodes" + (", two Convert Colorspace for the same colours" if space else "")
    return compare(name, "ms", ours, beside, nodes, HOLD)


def _write_image(path: Path, seed: int) -> Path:
    import bpy
    import numpy as np

    if not path.exists():
        pixels = np.ones((SIZE[1], SIZE[0], 4), np.float32)
        pixels[..., :3] = np.random.default_rng(seed).random((SIZE[1], SIZE[0], 3))
        image = bpy.data.images.new("bench", *SIZE)
        image.pixels.foreach_set(pixels.ravel())
        settings = bpy.context.scene.render.image_settings
        settings.file_format, settings.color_mode = "PNG", "RGB"  # as results are
        image.save_render(str(path))
    return path


def _composite(paths: list[Path], view: str, add: Callable[[Any, list[Any]], None]) -> float:
    """Seconds of the second composite of a new file: then all images are decoded."""
    import bpy

    from nano_banana_addon.blender.host import compat

    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.view_settings.view_transform = view
    images = [bpy.data.images.load(str(path)) for path in paths]
    tree = compat.attach_compositor_tree(scene, "Bench")
    source = tree.nodes.new("CompositorNodeImage")  # no render: compositing alone is measured
    source.image = images[0]
    tree.links.new(source.outputs["Image"], compat.add_compositor_output(tree))
    add(scene, images)
    bpy.ops.render.render()
    begun = time.perf_counter()
    bpy.ops.render.render()
    return time.perf_counter() - begun


def _add_layers(scene: Any, images: list[Any]) -> None:
    from contextlib import ExitStack

    from nano_banana_addon.blender.deliver.compositor import compositor
    from nano_banana_addon.blender.deliver.datablocks.delivery_report import DeliveryLog

    for image in images:
        with ExitStack() as undo:
            layer = compositor.apply(image, (0, 0, 1, 1), scene, DeliveryLog(), undo, as_layer=True)
            layer.inputs["Factor"].default_value = 0.5
            undo.pop_all()


def _add_alpha_over(scene: Any, images: list[Any], space: str) -> None:
    from nano_banana_addon.blender.host import compat

    tree = compat.compositor_tree(scene)
    output = compat.compositor_output(tree)
    for image in images:
        picture, frame = tree.nodes.new("CompositorNodeImage"), tree.nodes.new("CompositorNodeScale")
        over = tree.nodes.new("CompositorNodeAlphaOver")
        picture.image = image
        compat.scale_to_render_size(frame)
        factor, background, foreground = compat.alpha_over_sockets(over)
        factor.default_value = 0.5
        tree.links.new(output.links[0].from_socket, background)
        source, linear = picture.outputs["Image"], compat.get_working_colour_space()
        for start, end in ((linear, "sRGB"), (space, linear)) if space else ():
            convert = tree.nodes.new("CompositorNodeConvertColorSpace")
            convert.from_color_space, convert.to_color_space = start, end
            tree.links.new(source, convert.inputs[0])
            source = convert.outputs[0]
        tree.links.new(source, frame.inputs[0])
        tree.links.new(frame.outputs[0], foreground)
        tree.links.new(over.outputs[0], output)
