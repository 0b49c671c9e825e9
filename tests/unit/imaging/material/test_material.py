# SPDX-License-Identifier: GPL-3.0-or-later
"""A material of one image: nobody sees where it repeats, its maps are right, and no input leaves half of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.core.material.values import SEAM, Map, MaterialChoices
from nano_banana_addon.imaging.material.files import encode, write_material
from nano_banana_addon.imaging.material.maps import compute_normal
from nano_banana_addon.imaging.material.periodic import blur, remove_gradients
from nano_banana_addon.imaging.material.seam_figures import measure_novelty, measure_seams, measure_step

from .surfaces import NAMES, draw_surface

CHOICES = MaterialChoices()
STEP, NOVELTY, NOVELTY_90 = 1.1, 1.1, 1.15
MAPS = {each.value for each in Map if each is not Map.NORMAL_DIRECTX}


@pytest.fixture
def write(tmp_path):
    """Writes a material of pixels, as a file of any format that holds them; returns it and its maps, 0 ... 1."""

    def run(pixels, choices=CHOICES, name="m"):
        Image.fromarray(pixels).save(tmp_path / "source.png")
        made = write_material(tmp_path / "source.png", tmp_path / "out", name, choices, lambda _: None)
        return made, {each: read(path) for each, path in made.files.items() if each != SEAM}

    return run


def read(path: str) -> np.ndarray:
    with Image.open(path) as image:
        values = np.asarray(image)
    return values.astype(np.float32) / np.iinfo(values.dtype).max


def as_planes(values: np.ndarray) -> np.ndarray:
    return values if values.ndim == 3 else values[..., None]


@pytest.mark.parametrize("name", ["stochastic-rust-1", "regular-bricks-1", "directional-wood-1", "large-pebbles-1"])
def test_the_colour_of_each_kind_of_surface_repeats(write, name):
    pixels = draw_surface(name, 512)
    before = measure_seams((pixels / 255).astype(np.float32))
    assert before.step > STEP or before.novelty_90 > NOVELTY_90  # else nothing is shown
    _, maps = write(pixels)
    step, novelty, novelty_90 = measure_seams(maps["diff"])
    assert (step <= STEP, novelty <= NOVELTY, novelty_90 <= NOVELTY_90) == (True, True, True)


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
def test_no_map_shows_its_seams_at_1k(write, name):
    made, maps = write(draw_surface(name, 1024))
    assert 0.97 <= made.report.detail <= 1.08
    assert measure_low_band(maps["diff"]) <= 2
    assert made.report.worst <= 1  # else the panel warns of a seam that nobody sees
    for values in maps.values():
        assert measure_step(as_planes(values)) <= STEP
        novelty, novelty_90 = measure_novelty(as_planes(values))
        assert novelty <= NOVELTY
        assert novelty_90 <= NOVELTY_90


# What showed at the edges of single maps: stains, a cut through stones, occlusion, threads.
@pytest.mark.parametrize("name", ["large-stains-1", "large-pebbles-2", "directional-wood-2", "regular-cloth-1"])
def test_no_map_shows_its_seams(write, name):
    _, maps = write(draw_surface(name, 512))
    for values in maps.values():
        step, novelty, novelty_90 = measure_seams(as_planes(values))
        assert (step <= STEP, novelty <= NOVELTY, novelty_90 <= NOVELTY_90) == (True, True, True)


def test_stripes_that_end_in_the_middle_of_one_are_seen_where_the_step_is_not():
    x = np.arange(512) / 512
    place = np.broadcast_to(x * 6.5 + 0.25, (512, 512))
    stripes = np.abs(place % 1 - 0.5)[..., None].repeat(3, 2).astype(np.float32)
    assert measure_step(stripes) <= STEP
    assert measure_novelty(stripes)[1] > NOVELTY_90


def test_removing_gradients_takes_them_and_nothing_else():
    y, x = np.mgrid[0:64, 0:96] / 64
    waves = 0.1 * np.sin(2 * np.pi * 3 * y)[..., None].repeat(3, 2)
    sloped = (waves + (x * 0.3)[..., None]).astype(np.float32)
    found = remove_gradients(sloped)
    assert abs(found[:, 0] - found[:, -1]).max() < 0.02 < abs(sloped[:, 0] - sloped[:, -1]).max()
    assert abs(found.mean() - sloped.mean()) < 1e-4


def measure_low_band(colour: np.ndarray) -> float:
    """The deviation, of 255, of what changes slowly in the brightness of a colour (height, width, 3)."""
    return 255 * float(blur(colour.mean(axis=2), max(colour.shape) / 10).std())


@pytest.mark.parametrize("name", ["stochastic-plaster-1", "large-pebbles-1"])
def test_the_light_over_an_image_is_gone(write, name):
    _, maps = write(draw_surface(name, 384))
    assert measure_low_band(maps["diff"]) <= 2
    _, kept = write(draw_surface(name, 384), MaterialChoices(remove_light=False, seamless=False))
    assert measure_low_band(kept["diff"]) > 4


@pytest.mark.parametrize("steepness", [1.0, 4.0])
def test_normals_agree_with_a_known_height_as_written(tmp_path, steepness):
    side, relief = 512, 0.02
    y, x = np.mgrid[0:side, 0:side] * (2 * np.pi / side)
    waves = [(3, 2, 0.6), (7, -5, 0.25 * steepness), (1, 9, 0.15 * steepness)]
    height = np.sum([a * np.sin(m * x + n * y) for m, n, a in waves], axis=0)
    across, down = (sum(a * k[i] * np.cos(k[0] * x + k[1] * y) for *k, a in waves) for i in (0, 1))
    low, high = height.min(), height.max()
    (tmp_path / "disp.png").write_bytes(encode((height - low) / (high - low), deep=True))
    scale = relief * 2 * np.pi / (high - low)
    truth = np.stack([-across * scale, down * scale, np.ones_like(x)], axis=-1)
    truth /= np.linalg.norm(truth, axis=2, keepdims=True)
    normal = compute_normal(read(str(tmp_path / "disp.png")), relief) * 0.5 + 0.5
    (tmp_path / "nor_gl.png").write_bytes(encode(normal, deep=False))
    written = read(str(tmp_path / "nor_gl.png")) * 2 - 1
    written /= np.linalg.norm(written, axis=2, keepdims=True)
    angles: np.ndarray = np.degrees(np.arccos(np.clip((written * truth).sum(axis=2), -1, 1)))
    assert angles.mean() <= 0.2
    assert np.percentile(angles, 99) <= 0.6


def test_the_files_are_what_their_names_say(write):
    made, maps = write(draw_surface("stochastic-grass-1", 128), MaterialChoices(directx=True, metallic=1.0))
    assert set(maps) == MAPS | {"nor_dx"}
    with Image.open(made.files["disp"]) as height:
        assert height.mode.startswith("I;16")
    assert len(np.unique(maps["disp"])) > 1000
    assert (maps["metal"] == 1).all()
    assert abs(maps["nor_gl"][..., 1] + maps["nor_dx"][..., 1] - 1).max() < 1.01 / 255
    assert maps["nor_gl"][..., 2].min() >= 0.5
    assert {values.shape[:2] for values in maps.values()} == {(128, 128)}


def test_a_picture_with_a_horizon_gets_a_note_and_a_surface_none(write):
    sky = draw_surface("stochastic-grass-1", 256)
    sky[:110] = (150, 190, 240)
    assert any("does not repeat well: a horizon" in note for note in write(sky)[0].report.notes)
    assert not write(draw_surface("stochastic-grass-1", 256))[0].report.notes


def test_an_image_that_is_not_to_repeat_stays_as_it_is(write):
    pixels = draw_surface("regular-bricks-1", 200)[:, :130]
    made, maps = write(pixels, MaterialChoices(seamless=False, remove_light=False))
    assert made.size == (130, 200)
    assert (np.round(maps["diff"] * 255) == pixels).all()


@pytest.mark.parametrize("shape", [(300, 65), (97, 211), (64, 900)])
def test_any_shape_gives_maps_of_its_size(write, shape):
    made, maps = write(draw_surface("large-pebbles-1", max(shape))[: shape[0], : shape[1]])
    assert {values.shape[:2] for values in maps.values()} == {shape}
    assert all(np.isfinite(getattr(made.report, name)) for name in ("step", "novelty", "novelty_90", "detail"))


def test_an_even_colour_gives_a_flat_material(write):
    made, maps = write(np.full((128, 128, 3), 120, np.uint8))
    assert made.report.repair == ""
    assert all(
        np.ptp(values.reshape(-1, values.shape[-1] if values.ndim == 3 else 1), axis=0).max() < 1.01 / 255
        for values in maps.values()
    )


def test_transparent_parts_continue_their_surroundings(write):
    pixels = np.dstack([draw_surface("stochastic-grass-1", 128), np.full((128, 128), 255, np.uint8)])
    pixels[40:60, 40:60] = (255, 0, 255, 0)
    made, maps = write(pixels, MaterialChoices(seamless=False, remove_light=False))
    assert any("ransparent" in note for note in made.report.notes)
    assert maps["diff"][50, 50, 1] > maps["diff"][50, 50, 0]


def test_deep_images_are_taken(write):
    grey = draw_surface("stochastic-plaster-1", 128)[..., 0].astype(np.uint16) * 257
    assert set(write(grey)[1]) == MAPS


@pytest.mark.parametrize(
    ("pixels", "wrong"),
    [
        (np.zeros((1, 1, 3), np.uint8), r"has 1 x 1 pixels, too few .*"),
        (np.zeros((128, 128, 4), np.uint8), "is wholly transparent"),
    ],
)
def test_what_cannot_be_a_material_gets_a_sentence_without_its_temporary_file(write, tmp_path, pixels, wrong):
    with pytest.raises(InputError, match=rf"The image {wrong}\."):
        write(pixels)
    assert not (tmp_path / "out").exists()


def test_names_that_lead_elsewhere_are_refused(write, tmp_path):
    with pytest.raises(InputError):
        write(draw_surface("stochastic-grass-1", 64), name="../m")
    assert [path.name for path in tmp_path.iterdir()] == ["source.png"]


@pytest.mark.parametrize("after", [0.0, 0.5, 0.94])
def test_a_cancelled_material_leaves_nothing(tmp_path, after):
    class Cancelled(Exception):
        pass

    def stop(part: float) -> None:
        if part >= after:
            raise Cancelled

    Image.fromarray(draw_surface("stochastic-grass-1", 128)).save(tmp_path / "source.png")
    with pytest.raises(Cancelled):
        write_material(tmp_path / "source.png", tmp_path / "out", "m", MaterialChoices(), stop)
    assert not list(tmp_path.glob("out/*"))


def test_what_fails_at_the_last_file_leaves_the_material_before(write, tmp_path):
    made, _ = write(draw_surface("stochastic-grass-1", 128))
    before = {each: Path(path).read_bytes() for each, path in made.files.items()}
    last = Path(made.files["ao"])
    last.unlink()
    (last / "in the way").mkdir(parents=True)
    with pytest.raises(NanoBananaError) as caught:
        write(draw_surface("large-pebbles-1", 128))
    assert caught.value.kind is ErrorKind.DISK
    assert {each: Path(path).read_bytes() for each, path in made.files.items() if each != "ao"} == {
        each: content for each, content in before.items() if each != "ao"
    }
    assert (last / "in the way").is_dir()
    assert not list((tmp_path / "out").glob(".*"))


def test_a_tile_with_generated_edges_stays_as_it_is_and_its_seam_is_measured(write):
    pixels = draw_surface("directional-wood-1", 256)
    choices = replace(CHOICES, seamless=True, remove_light=False, closed=True)
    made, maps = write(pixels, choices)
    assert np.array_equal(np.rint(maps["diff"] * 255).astype(np.uint8), pixels)
    assert made.report.excess > 1
    assert any("may still be seen" in note for note in made.report.notes)
    closed, _ = write(read_colour(write(pixels)[0]), choices)
    assert closed.report.excess <= 1.02
    assert closed.report.repair == "generated"


def test_a_joined_tile_keeps_the_one_with_its_seam(write):
    pixels = draw_surface("large-pebbles-1", 256)
    made, _ = write(pixels, replace(CHOICES, remove_light=False))
    assert made.report.repair in {"cut", "blend"}
    unjoined = np.rint(read(made.files[SEAM]) * 255).astype(np.uint8)
    assert np.abs(unjoined.astype(int) - pixels).mean() < 1 if unjoined.shape == pixels.shape else unjoined.size


def read_colour(made) -> np.ndarray:
    with Image.open(made.files["diff"]) as image:
        return np.asarray(image)
