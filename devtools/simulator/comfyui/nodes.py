# SPDX-License-Identifier: GPL-3.0-or-later
"""The node classes that the server has: inputs with their bounds, outputs, as ``/object_info`` lists them.

``nodes.txt`` has them as ``Class | inputs | outputs | flags``. An input is ``name TYPE``, for numbers with default,
least, most and step; ``?`` before it makes it optional; ``@list`` is a menu in the old form, ``%list`` one in the new
form, ``$folder`` and ``$$folder`` are the files of a folder in either form. ``#`` are the pictures that were uploaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLERS = (
    "euler",
    "euler_ancestral",
    "heun",
    "dpmpp_2m",
    "dpmpp_2m_sde",
    "dpmpp_3m_sde",
    "lcm",
    "res_multistep",
    "ddim",
)
LISTS: dict[str, tuple[str, ...]] = {
    "scale": ("nearest-exact", "bilinear", "area", "bicubic", "lanczos"),
    "crop": ("disabled", "center"),
    "channel": ("alpha", "red", "green", "blue"),
    "channels": ("red", "green", "blue", "alpha"),
    "blend": ("normal", "multiply", "screen", "overlay", "soft_light", "difference"),
    "dtype": ("default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"),
    "clip": (
        "stable_diffusion",
        "sd3",
        "pixart",
        "cosmos",
        "lumina2",
        "wan",
        "hidream",
        "chroma",
        "qwen_image",
        "flux2",
    ),
    "clips": ("sdxl", "sd3", "flux", "hunyuan_video", "hidream", "hunyuan_image"),
    "device": ("default", "cpu"),
    "sampler": SAMPLERS,
    "scheduler": ("simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal"),
    "union": (
        *("auto", "openpose", "depth", "hed/pidi/scribble/ted", "canny/lineart/anime_lineart/mlsd", "normal"),
        *("segment", "tile", "repaint"),
    ),
    "side": ("right", "down", "left", "up"),
    "colour": ("white", "black", "red", "green", "blue"),
    "latents": ("offset", "index", "uxo/uno", "index_timestep_zero"),
}
#: The files that a test finds installed; the names are those that the official templates ask for.
MODEL_FILES: dict[str, tuple[str, ...]] = {
    "checkpoints": ("sd_xl_base_1.0.safetensors", "v1-5-pruned-emaonly-fp16.safetensors"),
    "diffusion_models": (
        *("flux1-dev-kontext_fp8_scaled.safetensors", "flux1-fill-dev.safetensors", "flux2_dev_fp8mixed.safetensors"),
        *("flux-2-klein-4b-fp8.safetensors", "qwen_image_edit_2509_fp8_e4m3fn.safetensors"),
        *("qwen_image_edit_2511_fp8mixed.safetensors", "z_image_turbo_bf16.safetensors"),
    ),
    "text_encoders": (
        *("clip_l.safetensors", "t5xxl_fp8_e4m3fn_scaled.safetensors", "mistral_3_small_flux2_fp8.safetensors"),
        *("qwen_3_4b.safetensors", "qwen_2.5_vl_7b_fp8_scaled.safetensors"),
    ),
    "vae": ("ae.safetensors", "flux2-vae.safetensors", "qwen_image_vae.safetensors"),
    "loras": ("Qwen-Image-Edit-Lightning-4steps.safetensors",),
    "controlnet": ("control_v11f1p_sd15_depth.safetensors", "controlnet-union-sdxl-promax.safetensors"),
    "model_patches": ("z_image_turbo_controlnet_union.safetensors",),
    "upscale_models": ("4x-UltraSharp.pth",),
    "embeddings": (),
}


@dataclass(frozen=True)
class Input:
    """One input. ``kind`` is a type, ``COMBO``, or ``files`` and ``pictures`` in the old form of a menu."""

    name: str
    kind: str
    required: bool
    values: tuple[str, ...] = ()
    folder: str = ""
    bounds: tuple[float, ...] = ()
    new_form: bool = False


@dataclass(frozen=True)
class NodeClass:
    """One class."""

    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[tuple[str, str], ...]  # type, name
    is_output: bool


#: Folder -> its files; "" -> the uploaded pictures.
ListFiles = Callable[[str], list[str]]


def _parse_input(text: str) -> Input:
    name, kind, *rest = text.split()
    required, name = not name.startswith("?"), name.lstrip("?")
    if kind[0] in "@%":
        return Input(name, "COMBO", required, LISTS[kind[1:]], new_form=kind[0] == "%")
    if kind[0] == "$":
        return Input(name, "COMBO", required, folder=kind.lstrip("$"), new_form=kind.startswith("$$"))
    if kind == "#":
        return Input(name, "PICTURE", required)
    if kind == "STRING":
        return Input(name, kind, required, tuple(rest))
    numbers = tuple(float(item) if kind == "FLOAT" else int(item) for item in rest)
    return Input(name, kind, required, bounds=numbers)


def _parse_class(line: str) -> NodeClass:
    name, inputs, outputs, flags = (*(part.strip() for part in line.split("|")), "")[:4]
    parsed = tuple(_parse_input(item) for item in inputs.split(";"))
    pairs = [item.split() for item in outputs.split(";") if item.strip()]
    return NodeClass(name, parsed, tuple((pair[0], pair[-1]) for pair in pairs), flags == "output")


_TABLE = Path(__file__).with_name("nodes.txt").read_text("utf-8").replace("\n    ", " ")
CLASSES = {found.name: found for found in map(_parse_class, _TABLE.splitlines())}


def build_config(item: Input, list_files: ListFiles) -> list[Any]:
    """An input as ``/object_info`` shows it: type or menu, then options."""
    if item.kind == "PICTURE":
        return [list_files(""), {"image_upload": True}]
    if item.kind == "COMBO":
        values = list_files(item.folder) if item.folder else list(item.values)
        return ["COMBO", {"multiselect": False, "options": values}] if item.new_form else [values, {}]
    if item.kind == "STRING":
        return ["STRING", {"default": item.values[0]} if item.values else {"multiline": True, "dynamicPrompts": True}]
    if item.kind == "BOOLEAN":
        return ["BOOLEAN", {"default": bool(item.bounds[0])}]
    if item.bounds:
        return [item.kind, dict(zip(("default", "min", "max", "step"), item.bounds, strict=False))]
    return [item.kind, {}]


def build_info(found: NodeClass, list_files: ListFiles) -> dict[str, Any]:
    """A class as ``/object_info`` shows it."""
    groups = {
        group: {item.name: build_config(item, list_files) for item in found.inputs if item.required == wanted}
        for group, wanted in (("required", True), ("optional", False))
    }
    inputs = {group: items for group, items in groups.items() if items}
    return {
        "input": inputs,
        "input_order": {group: list(items) for group, items in inputs.items()},
        "is_input_list": False,
        "output": [kind for kind, _name in found.outputs],
        "output_is_list": [False for _output in found.outputs],
        "output_name": [name for _kind, name in found.outputs],
        "name": found.name,
        "display_name": found.name,
        "description": "",
        "python_module": "nodes",
        "category": "",
        "output_node": found.is_output,
        "has_intermediate_output": False,
    }
