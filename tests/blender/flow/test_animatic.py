# SPDX-License-Identifier: GPL-3.0-or-later
"""The storyboard as a video, read back by FFmpeg: its cuts, its texts, its sound, and what cannot be written."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import bpy
import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.host import compat
from nano_banana_addon.features.storyboard import board as boards
from nano_banana_addon.features.storyboard.shots import list_shots

from .conftest import latest

STARTS, END = (1, 9, 21), 30
COLOURS = ((200, 40, 40), (40, 180, 60), (50, 60, 210))


@pytest.fixture
def shots(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Three shots; the frame is odd, which video codecs refuse."""
    for number, frame in enumerate(STARTS):
        scene.timeline_markers.new(f"Shot {number}", frame=frame).camera = scene.camera
    scene.frame_end = END
    scene.render.resolution_x, scene.render.resolution_y = 321, 181
    return scene


@pytest.fixture
def board(shots: bpy.types.Scene, server: Simulator) -> bpy.types.Scene:
    """The same with images, each of one colour."""
    bpy.ops.nano_banana.storyboard(again=True)
    for shot, colour in zip(list_shots(shots), COLOURS, strict=True):
        strip = boards.find_shot_strip(shots, shot)
        path = bpy.path.abspath(strip.directory + strip.elements[0].filename)
        with Image.open(path) as image:
            size, kind = image.size, image.format
        Image.new("RGB", size, colour).save(path, kind)
    return shots


def read(path: Path) -> np.ndarray:
    """All frames of a video: uint8 (frames, height, width, 3)."""
    with av.open(str(path)) as video:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)])


def write(path: Path, **options: object) -> np.ndarray:
    assert bpy.ops.nano_banana.export_board(filepath=str(path), format="MP4", **options) == {"FINISHED"}
    return read(path)


def test_each_image_is_shown_from_its_first_frame_to_its_last(board: bpy.types.Scene, tmp_path: Path) -> None:
    frames = write(tmp_path / "a.mp4", texts=False)
    assert frames.shape == (END, 182, 322, 3)
    for start, stop, colour in zip(STARTS, (*STARTS[1:], END + 1), COLOURS, strict=True):
        shown = frames[start - 1 : stop - 1, 20:-20, 20:-20].astype(int)
        assert np.abs(shown - colour).max() < 12, f"the shot of frame {start}"


@pytest.mark.parametrize(("fps", "base"), [(24, 1.001), (25, 1.0), (30, 1.0)])
def test_its_speed_is_the_scenes(board: bpy.types.Scene, tmp_path: Path, fps: int, base: float) -> None:
    storyboard = boards.find_board(board)
    storyboard.render.fps, storyboard.render.fps_base = fps, base
    write(tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as video:
        assert float(video.streams.video[0].average_rate) == pytest.approx(fps / base, rel=1e-4)


def test_texts_name_the_shot_and_say_its_dialogue(board: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    board.nano_banana.storyboard.shots[1].dialogue = "Кто здесь? 誰?"
    plain, texts = write(tmp_path / "a.mp4", texts=False), write(tmp_path / "b.mp4")
    changed = np.abs(texts.astype(int) - plain).max(axis=3) > 40
    top, bottom = changed[:, :20, :200].any(axis=(1, 2)), changed[:, 130:172, 60:260].any(axis=(1, 2))
    assert top.all(), "number, name and timecode"
    assert [int(n) for n in np.nonzero(bottom)[0]] == list(range(8, 20)), "the dialogue of the second shot"


def test_images_dissolve_into_the_next_before_it_begins(board: bpy.types.Scene, tmp_path: Path) -> None:
    frames = write(tmp_path / "a.mp4", texts=False, dissolve=4).astype(int)
    middle = frames[:, 90, 160]
    assert np.abs(middle[3] - COLOURS[0]).max() < 12
    assert np.abs(middle[8] - COLOURS[1]).max() < 12, "whole at its first frame"
    reds = middle[3:9, 0]
    assert list(reds) == sorted(reds, reverse=True)
    assert len(set(reds)) >= 4, "it comes by degrees"
    longer = write(tmp_path / "b.mp4", texts=False, dissolve=500).astype(int)  # no longer than the shot before
    assert np.abs(longer[0, 90, 160] - COLOURS[0]).max() < 40
    assert np.abs(longer[8, 90, 160] - COLOURS[1]).max() < 12


def test_sound_of_the_storyboard_is_heard(board: bpy.types.Scene, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "tone.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48000)
        tone = np.sin(np.arange(48000 * 2) * 0.06) * 12000
        sound.writeframes(tone.astype("<i2").tobytes())
    strips = boards.find_board(board).sequence_editor.strips
    strips.new_sound(name="Tone", filepath=str(tmp_path / "tone.wav"), channel=20, frame_start=1)
    write(tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as video:
        loudest = max(np.abs(part.to_ndarray()).max() for part in video.decode(audio=0))
    assert loudest > 0.1


def test_the_file_and_its_scenes_stay_as_they_were(board: bpy.types.Scene, tmp_path: Path) -> None:
    storyboard = boards.find_board(board)

    def describe() -> tuple[object, ...]:
        strips = [(s.name, s.channel, *compat.strip_span(s)) for s in storyboard.sequence_editor.strips]
        render = storyboard.render
        output = (render.filepath, render.image_settings.file_format, render.use_stamp, render.resolution_x)
        counts = [len(getattr(bpy.data, name)) for name in ("scenes", "images", "objects", "texts", "movieclips")]
        return strips, output, counts, storyboard.frame_end, board.frame_current, boards.find_board(board)

    before = describe()
    write(tmp_path / "a.mp4", dissolve=3)
    assert describe() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


def test_a_file_saved_while_its_video_is_rendered_opens_without_its_scene(
    board: bpy.types.Scene, tmp_path: Path
) -> None:
    names = set(bpy.data.scenes.keys())
    saved = str(tmp_path / "saved.blend")

    def save(*_: object) -> None:
        bpy.ops.wm.save_as_mainfile(filepath=saved, copy=True)
        bpy.app.handlers.render_init.remove(save)

    bpy.app.handlers.render_init.append(save)
    write(tmp_path / "a.mp4")
    with bpy.data.libraries.load(saved) as (inside, _):
        assert set(inside.scenes) - names, "the scene was not there to be saved"
    bpy.ops.wm.open_mainfile(filepath=saved)
    assert set(bpy.data.scenes.keys()) == names


def test_shots_without_images_are_cards_and_are_told(shots: bpy.types.Scene, tmp_path: Path, capsys) -> None:
    arguments = ["board", "--format", "mp4", "--out", str(tmp_path / "a.mp4"), "--dissolve", "6"]
    assert cli.main(arguments) == 0
    assert "Without an image: Shot 0, Shot 1, Shot 2." in capsys.readouterr().err
    frames = read(tmp_path / "a.mp4")
    assert len(frames) == END
    assert frames[15, 70:110, 100:220].max() > 150, "a text in the middle"
    assert cli.main([*arguments[:-1], "-3"]) == 2


def test_what_cannot_be_written_says_so(board: bpy.types.Scene, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.nano_banana.export_board(filepath=str(tmp_path / "file" / "a.mp4"), format="MP4")
    with pytest.raises(RuntimeError, match="is a folder"):
        bpy.ops.nano_banana.export_board(filepath=str(tmp_path) + "/", format="MP4")
    (tmp_path / "old.mp4").write_bytes(b"old")
    Path(latest().picture.path).unlink()
    frames = write(tmp_path / "old.mp4")
    assert len(frames) == END, "a video without the image that is gone, in the old one's place"
    assert [scene.name for scene in bpy.data.scenes if "Animatic" in scene.name] == []
