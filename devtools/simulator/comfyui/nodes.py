# SPDX-License-Identifier: GPL-3.0-or-later
"""The node classes that the server has: inputs with their bounds, outputs, as ``/object_info`` lists them.

One line each: ``Class | inputs | outputs | flags``. An input is ``name TYPE``, for numbers with default, least, most and
step; ``?`` before it makes it optional; ``@list`` is a menu in the old form, ``%list`` one in the new form, ``$folder``
and ``$$folder`` are the files of a folder in either form. ``#`` are the pictures that were uploaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SAMPLERS = ("euler", "euler_ancestral", "heun", "dpmpp_2m", "dpmpp_2m_sde", "dpmpp_3m_sde", "lcm", "res_multistep", "ddim")
LISTS: dict[str, tuple[str, ...]] = {
    "scale": ("nearest-exact", "bilinear", "area", "bicubic", "lanczos"),
    "crop": ("disabled", "center"),
    "channel": ("alpha", "red", "green", "blue"),
    "channels": ("red", "green", "blue", "alpha"),
    "blend": ("normal", "multiply", "screen", "overlay", "soft_light", "difference"),
    "dtype": ("default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"),
    "clip": ("stable_diffusion", "sd3", "pixart", "cosmos", "lumina2", "wan", "hidream", "chroma", "qwen_image", "flux2"),
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
_SEED = "INT 0 0 18446744073709551615"
_SIDE, _LATENT = "INT 512 1 16384 1", "INT 512 16 16384 8"
_WIDE, _BATCH = "INT 1024 16 16384 16", "batch_size INT 1 1 4096"
_SHIFT = "INT 0 0 16384 1"
_SHARE, _UNIT = "FLOAT 1.0 0.0 1.0 0.01", "FLOAT 0.0 0.0 1.0 0.001"
_TABLE = f"""
LoadImage | image # | IMAGE; MASK
LoadImageMask | image #; channel @channel | MASK
ImageScale | image IMAGE; upscale_method @scale; width {_SHIFT.replace("0", "512", 1)}; height {_SHIFT.replace("0", "512", 1)}; crop @crop | IMAGE
ImageScaleBy | image IMAGE; upscale_method @scale; scale_by FLOAT 1.0 0.01 8.0 0.01 | IMAGE
ImageScaleToTotalPixels | image IMAGE; upscale_method %scale; megapixels FLOAT 1.0 0.01 16.0 0.01; resolution_steps INT 1 1 256 | IMAGE
ImageInvert | image IMAGE | IMAGE
ImageBlend | image1 IMAGE; image2 IMAGE; blend_factor FLOAT 0.5 0.0 1.0 0.01; blend_mode %blend | IMAGE
ImageBlur | image IMAGE; blur_radius INT 1 1 31 1; sigma FLOAT 1.0 0.1 10.0 0.1 | IMAGE
EmptyImage | width {_SIDE}; height {_SIDE}; {_BATCH}; color INT 0 0 16777215 1 | IMAGE
ImageCompositeMasked | destination IMAGE; source IMAGE; x {_SHIFT}; y {_SHIFT}; resize_source BOOLEAN 0; ?mask MASK | IMAGE
MaskToImage | mask MASK | IMAGE
ImageToMask | image IMAGE; channel %channels | MASK
InvertMask | mask MASK | MASK
GrowMask | mask MASK; expand INT 0 -16384 16384 1; tapered_corners BOOLEAN 1 | MASK
SolidMask | value {_SHARE}; width {_SIDE}; height {_SIDE} | MASK
ImageCrop | image IMAGE; width {_SIDE}; height {_SIDE}; x {_SHIFT}; y {_SHIFT} | IMAGE
ImageStitch | image1 IMAGE; direction %side; match_image_size BOOLEAN 1; spacing_width INT 0 0 1024 2; spacing_color %colour; ?image2 IMAGE | IMAGE
SaveImage | images IMAGE; filename_prefix STRING ComfyUI | IMAGE images | output
PreviewImage | images IMAGE | IMAGE images | output
SaveImageWebsocket | images IMAGE | | output
CheckpointLoaderSimple | ckpt_name $checkpoints | MODEL; CLIP; VAE
UNETLoader | unet_name $diffusion_models; weight_dtype @dtype | MODEL
CLIPLoader | clip_name $text_encoders; type @clip; ?device @device | CLIP
DualCLIPLoader | clip_name1 $text_encoders; clip_name2 $text_encoders; type @clips; ?device @device | CLIP
VAELoader | vae_name $vae | VAE
LoraLoader | model MODEL; clip CLIP; lora_name $loras; strength_model FLOAT 1.0 -100.0 100.0 0.01; strength_clip FLOAT 1.0 -100.0 100.0 0.01 | MODEL; CLIP
CLIPTextEncode | text STRING; clip CLIP | CONDITIONING
VAEEncode | pixels IMAGE; vae VAE | LATENT
VAEDecode | samples LATENT; vae VAE | IMAGE
EmptyLatentImage | width {_LATENT}; height {_LATENT}; {_BATCH} | LATENT
EmptySD3LatentImage | width {_WIDE}; height {_WIDE}; {_BATCH} | LATENT
EmptyFlux2LatentImage | width {_WIDE}; height {_WIDE}; {_BATCH} | LATENT
KSampler | model MODEL; seed {_SEED}; steps INT 20 1 10000; cfg FLOAT 8.0 0.0 100.0 0.1; sampler_name @sampler; scheduler @scheduler; positive CONDITIONING; negative CONDITIONING; latent_image LATENT; denoise {_SHARE} | LATENT
ControlNetLoader | control_net_name $controlnet | CONTROL_NET
SetUnionControlNetType | control_net CONTROL_NET; type %union | CONTROL_NET
ControlNetApplyAdvanced | positive CONDITIONING; negative CONDITIONING; control_net CONTROL_NET; image IMAGE; strength FLOAT 1.0 0.0 10.0 0.01; start_percent {_UNIT}; end_percent {_UNIT.replace("0.0", "1.0", 1)}; ?vae VAE | CONDITIONING positive; CONDITIONING negative
SetLatentNoiseMask | samples LATENT; mask MASK | LATENT
VAEEncodeForInpaint | pixels IMAGE; vae VAE; mask MASK; grow_mask_by INT 6 0 64 1 | LATENT
FluxKontextImageScale | image IMAGE | IMAGE
ReferenceLatent | conditioning CONDITIONING; ?latent LATENT | CONDITIONING
FluxGuidance | conditioning CONDITIONING; guidance FLOAT 3.5 0.0 100.0 0.1 | CONDITIONING
ConditioningZeroOut | conditioning CONDITIONING | CONDITIONING
DifferentialDiffusion | model MODEL; ?strength {_SHARE} | MODEL
InpaintModelConditioning | positive CONDITIONING; negative CONDITIONING; vae VAE; pixels IMAGE; mask MASK; noise_mask BOOLEAN 1 | CONDITIONING positive; CONDITIONING negative; LATENT latent
BasicGuider | model MODEL; conditioning CONDITIONING | GUIDER
CFGGuider | model MODEL; positive CONDITIONING; negative CONDITIONING; cfg FLOAT 8.0 0.0 100.0 0.1 | GUIDER
RandomNoise | noise_seed {_SEED} | NOISE
KSamplerSelect | sampler_name %sampler | SAMPLER
Flux2Scheduler | steps INT 20 1 4096; width {_WIDE.replace(" 16384 16", " 16384 1")}; height {_WIDE.replace(" 16384 16", " 16384 1")} | SIGMAS
SamplerCustomAdvanced | noise NOISE; guider GUIDER; sampler SAMPLER; sigmas SIGMAS; latent_image LATENT | LATENT output; LATENT denoised_output
ModelSamplingAuraFlow | model MODEL; shift FLOAT 1.73 0.0 100.0 0.01 | MODEL
CFGNorm | model MODEL; strength FLOAT 1.0 0.0 100.0 0.01; ?pre_cfg BOOLEAN 0 | MODEL patched_model
TextEncodeQwenImageEditPlus | clip CLIP; prompt STRING; ?vae VAE; ?image1 IMAGE; ?image2 IMAGE; ?image3 IMAGE | CONDITIONING
FluxKontextMultiReferenceLatentMethod | conditioning CONDITIONING; reference_latents_method %latents | CONDITIONING
ModelPatchLoader | name $model_patches | MODEL_PATCH
QwenImageDiffsynthControlnet | model MODEL; model_patch MODEL_PATCH; vae VAE; image IMAGE; strength FLOAT 1.0 -10.0 10.0 0.01; ?mask MASK | MODEL
ZImageFunControlnet | model MODEL; model_patch MODEL_PATCH; vae VAE; strength FLOAT 1.0 -10.0 10.0 0.01; ?image IMAGE; ?inpaint_image IMAGE; ?mask MASK | MODEL
UpscaleModelLoader | model_name $$upscale_models | UPSCALE_MODEL
ImageUpscaleWithModel | upscale_model UPSCALE_MODEL; image IMAGE | IMAGE
"""
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


CLASSES = {found.name: found for found in (_parse_class(line) for line in _TABLE.strip().splitlines())}


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
