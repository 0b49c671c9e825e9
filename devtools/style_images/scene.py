# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene of the images, traced once, and what surfaces and finishes are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

SIZE, SAMPLES = 96, 3
Array = np.ndarray
Colour = tuple[float, float, float]


class Buffers(NamedTuple):
    """What is seen: ids (0 sky, 1 ground, 2 ball, 3 box), positions, normals, depth, screen coordinates."""

    ids: Array
    at: Array
    normal: Array
    depth: Array
    x: Array
    y: Array


class Look(NamedTuple):
    """How a style is drawn; colours are display values, `light` points towards the light."""

    surface: Callable[[Buffers, Array], Array]
    light: Colour = (-0.6, 0.8, 0.5)
    key: Colour = (1.0, 0.97, 0.92)
    fill: Colour = (0.34, 0.36, 0.4)
    gloss: float = 0.0
    sky: tuple[Colour, Colour] = ((0.93, 0.93, 0.92), (0.78, 0.79, 0.8))
    finish: Callable[[Array, Buffers], Array] = lambda image, _: image


def noise(x: Array, y: Array, seed: int = 0, octaves: int = 4) -> Array:
    """Smooth noise, 0 to 1, of the shape of `x`."""
    total, weight = np.zeros_like(x), 0.0
    for octave in range(octaves):
        generator = np.random.default_rng(seed * 31 + octave)
        grid = generator.random((64, 64))
        u, v = x * 2**octave, y * 2**octave
        i, j = np.floor(u).astype(int), np.floor(v).astype(int)
        a, b = (t * t * (3 - 2 * t) for t in (u - i, v - j))
        corner = [grid[(j + dj) % 64, (i + di) % 64] for dj in (0, 1) for di in (0, 1)]
        low, high = corner[0] + (corner[1] - corner[0]) * a, corner[2] + (corner[3] - corner[2]) * a
        total += (low + (high - low) * b) * 0.5**octave
        weight += 0.5**octave
    return total / weight


def mix(a: Colour | Array, b: Colour | Array, t: Array) -> Array:
    return np.asarray(a) * (1 - t[..., None]) + np.asarray(b) * t[..., None]


def coordinates(b: Buffers) -> tuple[Array, Array]:
    """Two coordinates on the surfaces, with no stretched faces."""
    n, p = np.abs(b.normal), b.at
    top, side = n[..., 1] > 0.75, n[..., 0] > n[..., 2]
    return np.where(side & ~top, p[..., 2], p[..., 0]) + 9, np.where(top, p[..., 2], p[..., 1]) + 9


def edges(b: Buffers, width: int = 3) -> Array:
    """1 at outlines and creases, (h, w)."""
    found = np.zeros(b.ids.shape)
    for axis in (0, 1):
        step = np.roll(b.ids, width // 2 + 1, axis) != np.roll(b.ids, -(width // 2), axis)
        turn = np.abs(np.roll(b.normal, width // 2 + 1, axis) - np.roll(b.normal, -(width // 2), axis)).sum(-1) > 0.9
        found = np.maximum(found, step | turn)
    found[:6], found[-6:], found[:, :6], found[:, -6:] = 0, 0, 0, 0
    return found


def trace() -> Buffers:
    """Trace the scene with a camera that looks slightly down."""
    side = SIZE * SAMPLES
    x, y = np.meshgrid(np.linspace(-1, 1, side), np.linspace(1, -1, side))
    ray = np.stack([x * 0.3 + 0.02, y * 0.3 - 0.235, -np.ones_like(x)], axis=-1)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    eye = np.array([0.0, 1.75, 5.0])
    depth, normal, ids = np.full(x.shape, 60.0), np.zeros(ray.shape), np.zeros(x.shape, int)
    for number, (distance, facing) in enumerate((_ground(eye, ray), _ball(eye, ray), _box(eye, ray)), start=1):
        hit = (distance > 0) & (distance < depth)
        depth[hit], normal[hit], ids[hit] = distance[hit], facing[hit], number
    return Buffers(ids, eye + ray * depth[..., None], normal, depth, x, y)


def _ground(eye: Array, ray: Array) -> tuple[Array, Array]:
    with np.errstate(divide="ignore"):
        distance = np.where(ray[..., 1] < -1e-3, -eye[1] / ray[..., 1], -1.0)
    return np.where(distance < 14, distance, -1.0), np.broadcast_to([0.0, 1.0, 0.0], ray.shape)


_BALL, _RADIUS = np.array([-0.5, 0.85, -0.3]), 0.85
_TURN = np.array([[0.8, 0.0, -0.6], [0.0, 1.0, 0.0], [0.6, 0.0, 0.8]])
_BOX, _HALF = np.array([0.78, 0.5, 0.45]), np.array([0.45, 0.5, 0.45])


def _ball(eye: Array, ray: Array) -> tuple[Array, Array]:
    b = ray @ (eye - _BALL)
    root = b * b - ((eye - _BALL) @ (eye - _BALL) - _RADIUS**2)
    distance = np.where(root > 0, -b - np.sqrt(np.maximum(root, 0)), -1.0)
    return distance, (eye + ray * distance[..., None] - _BALL) / _RADIUS


def _box(eye: Array, ray: Array) -> tuple[Array, Array]:
    start, along = (eye - _BOX) @ _TURN, ray @ _TURN
    first, second = (-_HALF - start) / along, (_HALF - start) / along
    near, far = np.minimum(first, second), np.maximum(first, second)
    distance = near.max(axis=-1)
    facing = np.eye(3)[near.argmax(axis=-1)] * -np.sign(along)
    return np.where(distance < far.min(axis=-1), distance, -1.0), facing @ _TURN.T


def render(look: Look, b: Buffers) -> Array:
    """The scene in a look, (h, w, 3) display values, 0 to 1."""
    light = np.array(look.light) / np.linalg.norm(look.light)
    shade = np.clip(b.normal @ light, 0, 1) * (1 - _shadow(b, light))
    albedo = look.surface(b, shade)
    colour = albedo * (np.array(look.fill) + shade[..., None] * np.array(look.key))
    if look.gloss:
        half = light + np.array([0.0, 0.33, 0.94])
        shine = np.clip(b.normal @ (half / np.linalg.norm(half)), 0, 1) ** 40 * look.gloss * (shade > 0)
        colour = colour + shine[..., None] * np.array(look.key) * (b.ids > 1)[..., None]
    sky = mix(look.sky[1], look.sky[0], np.clip(b.y * 0.7 + 0.3, 0, 1))
    haze = np.clip((b.depth - 6) / 8, 0, 1)[..., None] * (b.ids == 1)[..., None]
    colour = np.where((b.ids == 0)[..., None], sky, colour * (1 - haze) + sky * haze)
    return np.clip(look.finish(np.clip(colour, 0, 1), b), 0, 1)


def _shadow(b: Buffers, light: Array) -> Array:
    start = b.at + b.normal * 0.02
    directions = np.broadcast_to(light, b.at.shape)
    to = start - _BALL
    along = (to * light).sum(-1)
    ball = (along < 0) & (along**2 - (to**2).sum(-1) + _RADIUS**2 > 0)
    low, along = (start - _BOX) @ _TURN, directions @ _TURN
    with np.errstate(divide="ignore"):
        first, second = (-_HALF - low) / along, (_HALF - low) / along
    near, far = np.minimum(first, second).max(-1), np.maximum(first, second).min(-1)
    return np.where(b.ids > 0, (ball | ((near < far) & (far > 0.02))) * 0.85, 0.0)
