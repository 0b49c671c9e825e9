# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise of a capture is told from a change of the scene."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.imaging.noise import differs_by_noise


@pytest.fixture
def scene() -> np.ndarray:
    """Smooth shading with a dark rectangle: (270, 481, 3) uint8."""
    y, x = np.mgrid[0:270, 0:481]
    shading = 90 + 60 * np.sin(x / 70) + 40 * np.cos(y / 45)
    pixels = np.stack([shading, shading * 0.8, shading * 0.6], axis=-1)
    pixels[100:140, 200:260] = 30
    return np.clip(pixels, 0, 255).astype(np.uint8)


def test_one_pixel_by_one_step_is_noise(scene: np.ndarray) -> None:
    other = scene.copy()
    other[17, 33, 1] += 1
    assert differs_by_noise(scene, other)
    assert differs_by_noise(scene, scene)


def test_sampling_noise_and_a_good_jpeg_are_noise(scene: np.ndarray) -> None:
    grain = np.random.default_rng(1).normal(0, 1.5, scene.shape)
    assert differs_by_noise(scene, np.clip(scene + grain, 0, 255).round().astype(np.uint8))
    file = io.BytesIO()
    Image.fromarray(scene).save(file, "JPEG", quality=95, subsampling=0)
    assert differs_by_noise(scene, np.asarray(Image.open(file)))


def test_a_moved_object_is_a_change(scene: np.ndarray) -> None:
    moved = scene.copy()
    moved[100:140, 200:262] = moved[100:140, 198:260]
    assert not differs_by_noise(scene, moved)


def test_a_small_faint_object_is_a_change(scene: np.ndarray) -> None:
    other = scene.copy()
    other[60:66, 60:66] += 12
    assert not differs_by_noise(scene, other)


def test_a_little_more_light_is_a_change(scene: np.ndarray) -> None:
    assert not differs_by_noise(scene, (scene * 1.01).round().astype(np.uint8))


def test_another_size_is_a_change(scene: np.ndarray) -> None:
    assert not differs_by_noise(scene, scene[:-1])
