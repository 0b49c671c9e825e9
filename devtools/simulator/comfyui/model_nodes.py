# SPDX-License-Identifier: GPL-3.0-or-later
"""What the nodes around a model do, without one: they carry words and pictures to the sampler, which paints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nano_banana_addon.simulator.contract.images import PNG
from nano_banana_addon.simulator.painting.job import PaintJob

from .values import Conditioning, Latent, Model, to_png

if TYPE_CHECKING:
    from PIL.Image import Image

    from .image_nodes import Compute

_GRID = 8  # pixels of one latent cell


@dataclass(frozen=True)
class Sampling:
    """All that a sampler is given."""

    model: Model
    positive: Conditioning
    latent: Latent
    seed: int
    steps: int
    denoise: float = 1.0


#: Reports (step, steps, preview) and raises ``Interrupted``.
Step = Callable[[int, int, "Image | None"], None]
PaintPicture = Callable[[PaintJob], "Image"]


def sample(sampling: Sampling, paint: PaintPicture, step: Step) -> Latent:
    """Paint in steps. Shapes come from the guides, else from the picture, else from the references.

    A denoise of 1 forgets the picture; less mixes it in. Outside of the mask it stays.
    """
    from PIL import Image

    latent, positive = sampling.latent, sampling.positive
    keeps = not latent.is_empty and sampling.denoise < 1
    shapes = [*positive.references, *([latent.picture] if keeps else []), *positive.guides, *sampling.model.guides]
    encoded = tuple(to_png(picture) for picture in shapes)
    width, height = latent.picture.size
    job = PaintJob(positive.text, encoded, sampling.model.file, width, height, PNG, sampling.seed % 2**31)
    painted = paint(job)
    for number in range(1, sampling.steps + 1):
        step(number, sampling.steps, painted)
    if keeps:
        painted = Image.blend(latent.picture, painted, sampling.denoise)
    if latent.mask is not None and not latent.is_empty:
        mask = latent.mask.resize(painted.size, Image.Resampling.BILINEAR)
        painted = Image.composite(painted, latent.picture, mask)
    return Latent(painted, mask=latent.mask)


def _encode(pixels: Image, vae: Any = None, mask: Any = None, grow_mask_by: int = 0) -> tuple[Latent]:
    """Cut to whole cells around the middle."""
    del vae, grow_mask_by
    wide, high = (side // _GRID * _GRID for side in pixels.size)
    left, top = (pixels.width - wide) // 2, (pixels.height - high) // 2
    return (Latent(pixels.crop((left, top, left + wide, top + high)), mask=mask),)


def _make_empty(width: int, height: int, batch_size: int) -> tuple[Latent]:
    del batch_size
    from PIL import Image

    size = (width // _GRID * _GRID, height // _GRID * _GRID)
    return (Latent(Image.new("RGB", size, (128, 128, 128)), is_empty=True),)


def _apply_control(positive: Conditioning, negative: Conditioning, image: Image, strength: float, **_more: Any) -> Any:
    return positive.add_guide(image, strength), negative


def _condition_inpaint(
    positive: Conditioning, negative: Conditioning, pixels: Image, mask: Image, noise_mask: bool, vae: Any
) -> Any:
    del vae
    (latent,) = _encode(pixels, mask=mask if noise_mask else None)
    return positive.add_references(pixels), negative, latent


def _patch(model: Model, strength: float, image: Any = None, **_more: Any) -> tuple[Model]:
    return (replace(model, guides=(*model.guides, image)) if image is not None and strength else model,)


def _encode_edit(clip: Any, prompt: str, vae: Any = None, **images: Image) -> tuple[Conditioning]:
    """Up to three pictures; the first gives the shapes, so it comes last here."""
    del clip, vae
    found = [images[name] for name in ("image2", "image3", "image1") if name in images]
    return (Conditioning(prompt).add_references(*found),)


def _add_reference(conditioning: Conditioning, latent: Any = None) -> tuple[Conditioning]:
    return (conditioning.add_references(latent.picture if latent is not None else None),)


def _keep(name: str) -> Compute:
    return lambda **inputs: (inputs[name],)


COMPUTE: dict[str, Compute] = {
    "CheckpointLoaderSimple": lambda ckpt_name: (Model(ckpt_name), ckpt_name, ckpt_name),
    "UNETLoader": lambda unet_name, **_more: (Model(unet_name),),
    "CLIPLoader": lambda clip_name, **_more: (clip_name,),
    "DualCLIPLoader": lambda clip_name1, **_more: (clip_name1,),
    "VAELoader": lambda vae_name: (vae_name,),
    "LoraLoader": lambda model, clip, **_more: (model, clip),
    "ControlNetLoader": lambda control_net_name: (control_net_name,),
    "SetUnionControlNetType": _keep("control_net"),
    "ModelPatchLoader": lambda name: (name,),
    "UpscaleModelLoader": lambda model_name: (model_name,),
    "CLIPTextEncode": lambda text, **_more: (Conditioning(text),),
    "TextEncodeQwenImageEditPlus": _encode_edit,
    "ControlNetApplyAdvanced": _apply_control,
    "ReferenceLatent": _add_reference,
    "FluxGuidance": _keep("conditioning"),
    "ConditioningZeroOut": lambda **_more: (Conditioning(),),
    "FluxKontextMultiReferenceLatentMethod": _keep("conditioning"),
    "DifferentialDiffusion": _keep("model"),
    "ModelSamplingAuraFlow": _keep("model"),
    "CFGNorm": _keep("model"),
    "QwenImageDiffsynthControlnet": _patch,
    "ZImageFunControlnet": _patch,
    "VAEEncode": _encode,
    "VAEEncodeForInpaint": _encode,
    "VAEDecode": lambda samples, **_more: (samples.picture,),
    "EmptyLatentImage": _make_empty,
    "EmptySD3LatentImage": _make_empty,
    "EmptyFlux2LatentImage": _make_empty,
    "SetLatentNoiseMask": lambda samples, mask: (replace(samples, mask=mask),),
    "InpaintModelConditioning": _condition_inpaint,
    "BasicGuider": lambda model, conditioning: ((model, conditioning),),
    "CFGGuider": lambda model, positive, **_more: ((model, positive),),
    "RandomNoise": lambda noise_seed: (noise_seed,),
    "KSamplerSelect": lambda sampler_name: (sampler_name,),
    "Flux2Scheduler": lambda steps, **_more: (steps,),
}


def read_sampling(name: str, inputs: dict[str, Any]) -> Sampling:
    """What a sampler of either kind is given."""
    if name == "KSampler":
        keys = ("model", "positive", "latent_image", "seed", "steps", "denoise")
        return Sampling(*(inputs[key] for key in keys))
    model, positive = inputs["guider"]
    return Sampling(model, positive, inputs["latent_image"], inputs["noise"], inputs["sigmas"])
