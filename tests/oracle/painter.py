"""The fake painter: Cycles renders the truth as a view sees it; then it is disturbed the way a model disturbs it."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryDirectory

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from nano_banana_addon.blender.bake.views import camera_parameters
from nano_banana_addon.core.scene.capture import View
from tests.oracle.truth import to_display


def camera_for(view: View, canvas: tuple[int, int], scene: bpy.types.Scene) -> bpy.types.Object:
    """A camera of the scene that shows a view."""
    numbers = camera_parameters(view, canvas)
    data = bpy.data.cameras.new("Painter")
    data.sensor_fit = "VERTICAL"
    data.type = "ORTHO" if numbers.orthographic else "PERSP"
    data.ortho_scale = numbers.ortho_scale
    data.angle = numbers.angle_y
    data.shift_x, data.shift_y = numbers.shift_x, numbers.shift_y
    data.clip_start, data.clip_end = numbers.clip_start, numbers.clip_end
    camera = bpy.data.objects.new("Painter", data)
    camera.matrix_world = Matrix(view.world)
    scene.collection.objects.link(camera)
    return camera


def render(view: View, canvas: tuple[int, int], folder: str, samples: int = 9) -> NDArray[np.uint8]:
    """What the view shows of the scene, rendered by Cycles: (h, w, 3) uint8, display values, top row first."""
    camera = camera_for(view, canvas, bpy.context.scene)
    try:
        return render_camera(camera, canvas, folder, samples)
    finally:
        data = camera.data
        bpy.data.objects.remove(camera)
        bpy.data.cameras.remove(data)


def render_now(view: View, canvas: tuple[int, int]) -> NDArray[np.uint8]:
    """`render` with a folder of its own."""
    with TemporaryDirectory() as folder:
        return render(view, canvas, folder)


def render_camera(
    camera: bpy.types.Object, canvas: tuple[int, int], folder: str, samples: int = 9
) -> NDArray[np.uint8]:
    """What one of Blender's cameras shows, rendered as `render` does."""
    linear = render_linear(camera, canvas, folder, samples)[..., :3]
    return np.round(np.clip(to_display(linear), 0, 1) * 255).astype(np.uint8)


def render_linear(camera: bpy.types.Object, size: tuple[int, int], folder: str, samples: int) -> NDArray[np.float32]:
    """The same as the values of Cycles: (h, w, channels) float32, linear."""
    _settings(bpy.context.scene, camera, size, samples, f"{folder}/painted.exr")
    bpy.ops.render.render(write_still=True)
    return _pixels(f"{folder}/painted.exr")


def _settings(
    scene: bpy.types.Scene,
    camera: bpy.types.Object,
    canvas: tuple[int, int],
    samples: int,
    path: str,
) -> None:
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = False
    scene.cycles.max_bounces = 0
    scene.cycles.pixel_filter_type = "BOX"
    scene.render.resolution_x, scene.render.resolution_y = canvas
    scene.render.resolution_percentage = 100
    scene.render.filepath = path
    if "media_type" in scene.render.image_settings.bl_rna.properties:
        scene.render.image_settings.media_type = "IMAGE"
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    scene.render.image_settings.color_mode = "RGBA" if scene.render.film_transparent else "RGB"


def _pixels(path: str) -> NDArray[np.float32]:
    image = bpy.data.images.load(path)
    try:
        image.colorspace_settings.name = "Non-Color"
        values = np.empty(image.size[0] * image.size[1] * image.channels, np.float32)
        image.pixels.foreach_get(values)
        return values.reshape(image.size[1], image.size[0], image.channels)[::-1]
    finally:
        bpy.data.images.remove(image)


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What a model does to a picture that should stay in place."""

    shift: float = 12.0  # pixels at most, each way
    scale: float = 0.02
    gain: float = 0.10
    vignette: float = 0.08
    noise: float = 2.0  # of 255
    jpeg: int = 90


def disturb_known(
    picture: NDArray[np.uint8], how: Disturbance, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Shifted, scaled, too light or dark, darker at the corners, noisy, through JPEG (quality 0: not); and the matrix
    (3, 3) that took the picture's pixels to where they are now."""
    draw = np.random.default_rng(seed)
    shift = draw.uniform(-how.shift, how.shift, 2)
    scale = 1 + draw.uniform(-how.scale, how.scale)
    moved = _moved(picture.astype(np.float32), scale, shift)
    height, width = picture.shape[:2]
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    moved *= (1 - how.vignette * (down**2 + across**2) / 2)[..., None]
    moved *= 1 + draw.uniform(-how.gain, how.gain)
    moved += draw.normal(0, how.noise, moved.shape)
    middle = np.array([width / 2, height / 2])
    matrix = np.diag([scale, scale, 1.0])
    matrix[:2, 2] = shift + middle * (1 - scale)
    return _through_jpeg(np.clip(np.round(moved), 0, 255).astype(np.uint8), how.jpeg), matrix


def _moved(picture: NDArray[np.float32], scale: float, shift: NDArray[np.float64]) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    ys = np.clip(
        (np.arange(height) + 0.5 - height / 2 - shift[1]) / scale + height / 2 - 0.5,
        0,
        height - 1.001,
    )
    xs = np.clip((np.arange(width) + 0.5 - width / 2 - shift[0]) / scale + width / 2 - 0.5, 0, width - 1.001)
    y0, x0 = ys.astype(int), xs.astype(int)
    fy, fx = (
        (ys - y0)[:, None, None].astype(np.float32),
        (xs - x0)[None, :, None].astype(np.float32),
    )
    rows = picture[y0] * (1 - fy) + picture[y0 + 1] * fy
    return rows[:, x0] * (1 - fx) + rows[:, x0 + 1] * fx


def _through_jpeg(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    if not quality:
        return picture
    from PIL import Image

    stored = BytesIO()
    Image.fromarray(picture).save(stored, "JPEG", quality=quality, subsampling=0)
    return np.array(Image.open(stored))
