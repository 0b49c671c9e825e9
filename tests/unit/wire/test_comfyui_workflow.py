# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from an artist's workflow, and what is refused in words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.guides import GUIDE_LABELS, Guide
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.wire.comfyui.order import check_images
from nano_banana_addon.wire.comfyui.workflow import Workflow, read_workflow

Node = dict[str, Any]


def node(name: str, title: str = "", **inputs: Any) -> Node:
    return {"class_type": name, "inputs": inputs, "_meta": {"title": title or name}}


def paint(**more: Node) -> dict[str, Node]:
    """An image-to-image workflow as many have it."""
    nodes = {
        "1": node("CheckpointLoaderSimple", ckpt_name="a.safetensors"),
        "2": node("LoadImage", image="x.png"),
        "3": node("VAEEncode", pixels=["2", 0], vae=["1", 2]),
        "4": node("CLIPTextEncode", text="old words", clip=["1", 1]),
        "5": node("CLIPTextEncode", text="old dislikes", clip=["1", 1]),
        "6": node("KSampler", seed=1, steps=20, cfg=7.0, denoise=0.5, model=["1", 0], positive=["4", 0],
                  negative=["5", 0], latent_image=["3", 0], sampler_name="euler", scheduler="simple"),
        "7": node("VAEDecode", samples=["6", 0], vae=["1", 2]),
        "8": node("SaveImage", images=["7", 0], filename_prefix="a"),
    }  # fmt: skip
    return nodes | more


def read(folder: Path, nodes: object) -> Workflow:
    path = folder / "workflow.json"
    path.write_text(json.dumps(nodes))
    return read_workflow(path)


def refuse(folder: Path, nodes: object) -> InputError:
    with pytest.raises(InputError) as caught:
        read(folder, nodes)
    return caught.value


def test_what_is_certain_needs_no_marks(tmp_path):
    found = read(tmp_path, paint())
    assert found.images == {"capture": [("2", "image")]}
    assert found.output == "8"
    graph = found.fill(
        {"capture": "nb/y.png"},
        {"prompt": "new", "negative": "none", "seed": 9, "strength": 0.3, "steps": 5, "guidance": 2.0},
    )
    assert graph["2"]["inputs"]["image"] == "nb/y.png"
    assert (graph["4"]["inputs"]["text"], graph["5"]["inputs"]["text"]) == ("new", "none")
    sampler = graph["6"]["inputs"]
    assert [sampler[name] for name in ("seed", "denoise", "steps", "cfg")] == [9, 0.3, 5, 2.0]
    assert found.graph["6"]["inputs"]["seed"] == 1, "the workflow itself stays"


def test_titles_say_what_is_what(tmp_path):
    more = {
        "2": node("LoadImage", "NB Capture", image="x.png"),
        "10": node("LoadImage", "nb depth", image="d.png"),
        "11": node("LoadImage", "NB: Style 2", image="s.png"),
        "12": node("LoadImage", "my own grain", image="g.png"),
        "13": node("PrimitiveInt", "NB Seed", value=3),
        "14": node("PreviewImage", "look at it", images=["2", 0]),
        "8": node("SaveImage", "NB Result", images=["7", 0], filename_prefix="a"),
    }
    found = read(tmp_path, paint(**more))
    assert set(found.images) == {"capture", "depth", "style 2"}
    assert found.values["seed"] == [("13", "value")]
    assert found.output == "8"
    assert found.fill({"capture": "c.png"}, {})["12"]["inputs"]["image"] == "g.png"


def test_texts_are_found_behind_controlnets_and_guidance(tmp_path):
    apply = node("ControlNetApplyAdvanced", positive=["4", 0], negative=["5", 0], image=["2", 0])
    sampler = paint()["6"]
    sampler["inputs"] |= {"positive": ["20", 0], "negative": ["20", 1]}
    found = read(tmp_path, paint(**{"20": apply, "6": sampler}))
    assert (found.values["prompt"], found.values["negative"]) == ([("4", "text")], [("5", "text")])
    zero = node("ConditioningZeroOut", conditioning=["4", 0])
    sampler["inputs"] |= {"positive": ["4", 0], "negative": ["21", 0]}
    found = read(tmp_path, paint(**{"21": zero, "6": sampler}))
    assert "negative" not in found.values, "the prompt's own text is no negative one"


def test_two_unmarked_images_are_not_guessed(tmp_path):
    error = refuse(tmp_path, paint(**{"9": node("LoadImage", "Second", image="y.png")}))
    assert '"Second" (9)' in error.message
    assert "NB Capture" in error.next_step


def test_two_results_are_not_guessed(tmp_path):
    error = refuse(tmp_path, paint(**{"9": node("PreviewImage", images=["2", 0])}))
    assert "2 results" in error.message
    assert "NB Result" in error.next_step
    assert "saves no image" in refuse(tmp_path, {"2": node("LoadImage", image="x.png")}).message


def test_an_unknown_mark_is_named(tmp_path):
    assert "NB Dpeth" in refuse(tmp_path, paint(**{"9": node("LoadImage", "NB Dpeth", image="y.png")})).message
    assert "NB Seed" in refuse(tmp_path, paint(**{"9": node("VAELoader", "NB Seed", vae_name="v")})).message


@pytest.mark.parametrize("text", ["", "no json", "[]", "3", "{}", '{"1": 2}', '{"1": {"inputs": {}}}', "[" * 5000])
def test_what_is_no_workflow_is_refused_in_words(tmp_path, text):
    path = tmp_path / "notes.json"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_workflow(path)
    assert "notes.json" in caught.value.message


def test_the_editor_s_format_is_recognised(tmp_path):
    error = refuse(tmp_path, {"nodes": [], "links": [], "version": 0.4})
    assert "editor" in error.message
    assert "API" in error.next_step


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt"])
def test_an_image_carries_its_workflow(tmp_path, kind):
    info, path = PngImagePlugin.PngInfo(), tmp_path / "saved.png"
    text = json.dumps(paint() | {"2": node("LoadImage", image="x.png") | {"is_changed": ["abc"]}})
    if kind == "iTXt":
        info.add_itxt("prompt", text, zip=True)
    else:
        info.add_text("prompt", text, zip=kind == "zTXt")
    Image.new("RGB", (4, 4)).save(path, pnginfo=info)
    found = read_workflow(path)
    assert found.images == {"capture": [("2", "image")]}
    assert "is_changed" not in found.graph["2"]
    Image.new("RGB", (4, 4)).save(path)
    with pytest.raises(InputError, match="carries no workflow"):
        read_workflow(path)


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_workflow(tmp_path / "gone.json")


def ask_for(folder: Path, model: str, *references: Reference, **nodes: Node) -> GenerationRequest:
    path = folder / "workflow.json"
    path.write_text(json.dumps(paint(**nodes)))
    return GenerationRequest("x", model=model, provider="comfyui", references=references, workflow=str(path))


CAPTURE = Reference(ReferenceRole.STRUCTURE, "a.png")
DEPTH = Reference(ReferenceRole.GUIDE, "d.png", label=GUIDE_LABELS[Guide.DEPTH])
STYLE = Reference(ReferenceRole.STYLE, "s.png")


def test_images_and_marks_must_fit(tmp_path):
    """Before anything is recorded: an image without a place, and a guide that is marked and not drawn."""
    marked = {
        "2": node("LoadImage", "NB Capture", image="x.png"),
        "9": node("LoadImage", "NB Depth", image="y.png"),
        "10": node("LoadImage", "NB Style", image="own.png"),
    }
    check_images(ask_for(tmp_path, "comfyui-workflow", DEPTH, CAPTURE, **marked))
    check_images(ask_for(tmp_path, "comfyui-workflow", STYLE, DEPTH, CAPTURE, **marked))
    with pytest.raises(InputError, match="wants an image for Depth"):
        check_images(ask_for(tmp_path, "comfyui-workflow", CAPTURE, **marked))
    with pytest.raises(InputError, match="has no input for NB Depth"):
        check_images(ask_for(tmp_path, "comfyui-workflow", DEPTH, CAPTURE))


def test_an_option_that_no_node_takes_is_refused(tmp_path):
    request = replace(ask_for(tmp_path, "comfyui-workflow", CAPTURE), steps=9)
    check_images(request)
    sampler = paint()["6"]
    del sampler["inputs"]["steps"]
    with pytest.raises(InputError, match="no input for Steps"):
        check_images(replace(ask_for(tmp_path, "comfyui-workflow", CAPTURE, **{"6": sampler}), steps=9))


def test_what_a_default_graph_cannot_use_is_refused(tmp_path):
    check_images(ask_for(tmp_path, "comfyui-sdxl", DEPTH, CAPTURE))
    check_images(ask_for(tmp_path, "comfyui-qwen-edit", STYLE, DEPTH, CAPTURE))
    with pytest.raises(InputError, match="SDXL takes no reference as style"):
        check_images(ask_for(tmp_path, "comfyui-sdxl", STYLE, CAPTURE))
    with pytest.raises(InputError, match="at most 3 images"):
        check_images(ask_for(tmp_path, "comfyui-qwen-edit", STYLE, STYLE, DEPTH, CAPTURE))
