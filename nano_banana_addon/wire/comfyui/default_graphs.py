# SPDX-License-Identifier: GPL-3.0-or-later
"""Graphs for models that many servers have: chosen by the model, made from what the server has.

Sources: docs/dev/comfyui-contract.md and the official templates, whose file names are looked for first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.constants import ReferenceRole
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.guides import Guide
from .graph import Graph, NodeClasses, find_file

#: The node that gives the result.
RESULT = "result"
Link = list[str | int]


@dataclass(frozen=True, slots=True)
class GraphImage:
    """An image on the server."""

    name: str
    role: ReferenceRole
    guide: Guide | None = None


@dataclass(frozen=True, slots=True)
class GraphOrder:
    """What a graph is made for: the text, the images in order, the canvas; None for what is left to the graph."""

    prompt: str
    size: tuple[int, int]
    seed: int
    images: tuple[GraphImage, ...] = ()
    negative: str = ""
    strength: float | None = None
    steps: int | None = None
    guidance: float | None = None

    def find(self, role: ReferenceRole, guide: Guide | None = None) -> GraphImage | None:
        """The first image of a role."""
        return next((image for image in self.images if image.role is role and image.guide is guide), None)


@dataclass(frozen=True, slots=True)
class FileNeed:
    """A model file: its loader and input, patterns of its name (the likeliest first), and how to call it."""

    loader: str
    input: str
    patterns: tuple[str, ...]
    label: str
    but: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Models that share a graph. `needs` are its files by name, `controlnet` a pattern of its ControlNets."""

    label: str
    needs: dict[str, FileNeed]
    controlnet: str = ""


def _checkpoint(label: str, *patterns: str, but: str = "") -> dict[str, FileNeed]:
    return {"checkpoint": FileNeed("CheckpointLoaderSimple", "ckpt_name", patterns, label, but)}


_XL = r"xl|pony|illustrious|noob"
FAMILIES: dict[str, Family] = {
    "comfyui-qwen-edit": Family(
        "Qwen-Image-Edit",
        {
            "unet": FileNeed("UNETLoader", "unet_name", ("qwen.?image.?edit.?2511", "qwen.?image.?edit"), "model"),
            "clip": FileNeed("CLIPLoader", "clip_name", (r"qwen.?2\.5.?vl",), "text encoder"),
            "vae": FileNeed("VAELoader", "vae_name", ("qwen.?image.?vae",), "VAE"),
        },
    ),
    "comfyui-flux-kontext": Family(
        "FLUX.1 Kontext",
        {
            "unet": FileNeed("UNETLoader", "unet_name", ("flux.*kontext", "kontext"), "model"),
            "clip": FileNeed("DualCLIPLoader", "clip_name1", ("clip_l",), "text encoder CLIP-L"),
            "t5": FileNeed("DualCLIPLoader", "clip_name2", ("t5.?xxl.*scaled", "t5.?xxl"), "text encoder T5"),
            "vae": FileNeed("VAELoader", "vae_name", (r"^(.*[/\\])?ae\.", "flux.*vae|vae.*flux"), "VAE", "flux.?2"),
        },
    ),
    "comfyui-sdxl": Family("SDXL", _checkpoint("SDXL checkpoint", "sd_?xl_base", _XL, but="refiner"), "xl"),
    "comfyui-sd15": Family(
        "Stable Diffusion 1.5",
        _checkpoint("SD 1.5 checkpoint", r"v1-5|sd_?1[._]?5", r"1[._-]?5", ".", but=rf"{_XL}|flux|sd_?3|qwen|refiner"),
        r"sd_?1\.?5|v11",
    ),
}
_GUIDE_FILES = {Guide.DEPTH: "depth", Guide.NORMAL: "normal", Guide.LINES: "lineart|canny|scribble|mlsd|softedge"}
_UNION_TYPES = {Guide.DEPTH: "depth", Guide.NORMAL: "normal", Guide.LINES: "canny/lineart/anime_lineart/mlsd"}


def list_loaders(model: str) -> tuple[str, ...]:
    """The classes whose files decide whether a model can be used, and with which ControlNets."""
    family = FAMILIES[model]
    loaders = dict.fromkeys(need.loader for need in family.needs.values())
    return (*loaders, *(["ControlNetLoader"] if family.controlnet else []))


def find_files(model: str, classes: NodeClasses | None) -> tuple[dict[str, str], list[str]]:
    """The file for each need of a model, and what is missing. Without classes: placeholders."""
    files: dict[str, str] = {}
    missing: list[str] = []
    for name, need in FAMILIES[model].needs.items():
        files[name] = (
            f"<{need.label}>"
            if classes is None
            else find_file(classes, need.loader, need.input, *need.patterns, but=need.but)
        )
        if not files[name]:
            missing.append(need.label)
    return files, missing


def build_graph(model: str, order: GraphOrder, classes: NodeClasses | None) -> Graph:
    """The graph for a model. Raises MODEL for files that the server lacks, `InputError` for images it cannot use."""
    files, missing = find_files(model, classes)
    if missing:
        message = f"This ComfyUI server has no {FAMILIES[model].label}: missing are {', '.join(missing)}."
        next_step = "Put the files into the server's models folder, or choose another model or an own workflow."
        raise NanoBananaError(ErrorKind.MODEL, message, next_step=next_step)
    check_images(model, [(image.role, image.guide) for image in order.images])
    builder = _Builder(order, files, classes)
    if model == "comfyui-qwen-edit":
        builder.build_qwen_edit()
    elif model == "comfyui-flux-kontext":
        builder.build_kontext()
    else:
        builder.build_stable_diffusion(FAMILIES[model])
    return builder.graph


def check_images(model: str, images: Sequence[tuple[ReferenceRole, Guide | None]]) -> None:
    """Raise `InputError` for images, by role and guide, that a model's graph has no place for."""
    label, takes_words = FAMILIES[model].label, not FAMILIES[model].controlnet
    usable = (*_GUIDE_FILES, Guide.MASK)
    for role, guide in images:
        if role is ReferenceRole.STRUCTURE or guide is Guide.MASK or takes_words:
            continue
        if guide not in usable:
            what = f"guide {guide.value.lower()}" if guide else f"reference as {role.value.lower()}"
            raise InputError(
                f"{label} takes no {what}.", next_step="Leave it out, or use an own workflow that takes it."
            )
    count = sum(guide is not Guide.MASK for _role, guide in images)
    if model == "comfyui-qwen-edit" and count > 3:
        raise InputError(f"{label} takes at most 3 images, the captured one included; there are {count}.")


class _Builder:
    def __init__(self, order: GraphOrder, files: dict[str, str], classes: NodeClasses | None) -> None:
        self.graph: Graph = {}
        self._order, self._files, self._classes = order, files, classes
        self._capture = order.find(ReferenceRole.STRUCTURE)
        self._pixels: Link | None = None

    def build_stable_diffusion(self, family: Family) -> None:
        order = self._order
        loader = self._add("CheckpointLoaderSimple", ckpt_name=self._files["checkpoint"])
        model, clip, vae = ([loader, number] for number in range(3))
        positive = self._link("CLIPTextEncode", text=order.prompt, clip=clip)
        negative = self._link("CLIPTextEncode", text=order.negative, clip=clip)
        for image in order.images:
            if image.guide in _GUIDE_FILES:
                positive, negative = self._apply_control(image, family, positive, negative, vae)
        latent, mask = self._make_latent(vae, "EmptyLatentImage")
        strength = 0.6 if order.strength is None else order.strength
        settings = {"steps": order.steps or 25, "cfg": 7.0 if order.guidance is None else order.guidance}
        settings |= {"sampler_name": "dpmpp_2m", "scheduler": "karras", "denoise": strength if self._capture else 1.0}
        self._finish(vae, mask, model=model, positive=positive, negative=negative, latent_image=latent, **settings)

    def build_kontext(self) -> None:
        order = self._order
        model = self._link("UNETLoader", unet_name=self._files["unet"], weight_dtype="default")
        names = {"clip_name1": self._files["clip"], "clip_name2": self._files["t5"]}
        clip = self._link("DualCLIPLoader", **names, type="flux")
        vae = self._link("VAELoader", vae_name=self._files["vae"])
        text = self._link("CLIPTextEncode", text=order.prompt, clip=clip)
        latent, mask = self._make_latent(vae, "EmptySD3LatentImage")
        positive = text
        for image in self._list_pictures():
            pixels = self._load(image)
            pixels = pixels if image is self._capture else self._link("FluxKontextImageScale", image=pixels)
            encoded = self._link("VAEEncode", pixels=pixels, vae=vae)
            positive = self._link("ReferenceLatent", conditioning=positive, latent=encoded)
        guidance = 2.5 if order.guidance is None else order.guidance
        positive = self._link("FluxGuidance", conditioning=positive, guidance=guidance)
        negative = self._link("ConditioningZeroOut", conditioning=text)
        settings = {"steps": order.steps or 20, "cfg": 1.0, "sampler_name": "euler", "scheduler": "simple"}
        given = {"model": model, "positive": positive, "negative": negative, "latent_image": latent, "denoise": 1.0}
        self._finish(vae, mask, **given, **settings)

    def build_qwen_edit(self) -> None:
        order, is_2511 = self._order, "2511" in self._files["unet"]
        model = self._link("UNETLoader", unet_name=self._files["unet"], weight_dtype="default")
        model = self._link("ModelSamplingAuraFlow", model=model, shift=3.1 if is_2511 else 3.0)
        model = self._link("CFGNorm", model=model, strength=1.0)
        clip = self._link("CLIPLoader", clip_name=self._files["clip"], type="qwen_image")
        vae = self._link("VAELoader", vae_name=self._files["vae"])
        latent, mask = self._make_latent(vae, "EmptySD3LatentImage")
        pictures = {f"image{n}": self._load(image) for n, image in enumerate(self._list_pictures(), 1)}
        signs: list[Link] = []
        for text in (order.prompt, order.negative):
            sign = self._link("TextEncodeQwenImageEditPlus", clip=clip, prompt=text, vae=vae, **pictures)
            if is_2511:
                method = {"reference_latents_method": "index_timestep_zero"}
                sign = self._link("FluxKontextMultiReferenceLatentMethod", conditioning=sign, **method)
            signs.append(sign)
        guidance = (3.0 if is_2511 else 4.0) if order.guidance is None else order.guidance
        settings = {"steps": order.steps or (40 if is_2511 else 20), "cfg": guidance, "denoise": 1.0}
        settings |= {"sampler_name": "euler", "scheduler": "simple"}
        self._finish(vae, mask, model=model, positive=signs[0], negative=signs[1], latent_image=latent, **settings)

    def _apply_control(
        self, image: GraphImage, family: Family, positive: Link, negative: Link, vae: Link
    ) -> tuple[Link, Link]:
        guide = image.guide or Guide.DEPTH
        words, tag = _GUIDE_FILES[guide], family.controlnet
        own = (f"(?:{tag}).*(?:{words})|(?:{words}).*(?:{tag})", f"union.*(?:{tag})|(?:{tag}).*union")
        file = "<ControlNet>"
        if self._classes is not None:
            file = find_file(self._classes, "ControlNetLoader", "control_net_name", *own)
        if not file:
            message = f"This ComfyUI server has no ControlNet of {family.label} for {guide.value.lower()}."
            next_step = "Put one into the server's models/controlnet folder, or switch that guide off."
            raise NanoBananaError(ErrorKind.MODEL, message, next_step=next_step)
        control = self._link("ControlNetLoader", control_net_name=file)
        if "union" in file.lower():
            control = self._link("SetUnionControlNetType", control_net=control, type=_UNION_TYPES[guide])
        pixels = self._load(image)
        if guide is Guide.LINES:  # ControlNets read white lines on black
            pixels = self._link("ImageInvert", image=pixels)
        bounds = {"strength": 0.8, "start_percent": 0.0, "end_percent": 1.0}
        given = {"positive": positive, "negative": negative, "control_net": control, "image": pixels, "vae": vae}
        applied = self._add("ControlNetApplyAdvanced", **given, **bounds)
        return [applied, 0], [applied, 1]

    def _make_latent(self, vae: Link, empty: str) -> tuple[Link, Link | None]:
        """The latent image to begin with, and the mask of what is repainted, if there is one."""
        width, height = self._order.size
        if not self._capture:
            return self._link(empty, width=width, height=height, batch_size=1), None
        latent = self._link("VAEEncode", pixels=self._load(self._capture), vae=vae)
        image = self._order.find(ReferenceRole.GUIDE, Guide.MASK)
        if image is None:
            return latent, None
        mask = self._link("LoadImageMask", image=image.name, channel="red")
        mask = self._link("GrowMask", mask=mask, expand=6, tapered_corners=True)
        return self._link("SetLatentNoiseMask", samples=latent, mask=mask), mask

    def _finish(self, vae: Link, mask: Link | None, **sampler: object) -> None:
        latent = self._link("KSampler", seed=self._order.seed, **sampler)
        result = self._link("VAEDecode", samples=latent, vae=vae)
        if mask and self._pixels:  # outside of the mask nothing changes, not even by the VAE
            place = {"x": 0, "y": 0, "resize_source": False}
            given = {"destination": self._pixels, "source": result, "mask": mask}
            result = self._link("ImageCompositeMasked", **given, **place)
        self.graph[RESULT] = {"class_type": "PreviewImage", "inputs": {"images": result}}

    def _load(self, image: GraphImage) -> Link:
        """An image; the capture exactly on the canvas."""
        if image is not self._capture:
            return self._link("LoadImage", image=image.name)
        if self._pixels is None:
            width, height = self._order.size
            size = {"upscale_method": "lanczos", "width": width, "height": height, "crop": "disabled"}
            self._pixels = self._link("ImageScale", image=self._link("LoadImage", image=image.name), **size)
        return self._pixels

    def _list_pictures(self) -> Sequence[GraphImage]:
        return [image for image in self._order.images if image.guide is not Guide.MASK]

    def _add(self, class_name: str, **inputs: object) -> str:
        ident = str(len(self.graph) + 1)
        self.graph[ident] = {"class_type": class_name, "inputs": inputs}
        return ident

    def _link(self, class_name: str, **inputs: object) -> Link:
        return [self._add(class_name, **inputs), 0]
