# SPDX-License-Identifier: GPL-3.0-or-later
"""What a ComfyUI server can be asked for: an own workflow, and the models with a default graph.

Source: docs/dev/comfyui-contract.md, as of November 2026.
"""

from __future__ import annotations

from .image_model import ImageModel, Manner, MaskForm, Prices, SizeRule
from .service_models import build_model

#: Seeds, masks, cancelling and asking again belong to the server, whatever it runs.
_SERVER = {"cancels": True, "resumes": True, "own_ids": True, "mask": MaskForm.WHITE, "max_guidance": 30.0}
_CAPTION = {"manner": Manner.CAPTION, "strength": True, "negative_prompt": True}
_EDIT_RULE = SizeRule(16, 0, 2_097_152, 2048, 4.0)
_SD_RULE = SizeRule(8, 0, 4_194_304, 2048, 4.0)
_HALF = {"512": 0, "1K": 0}


def _build(id: str, label: str, number: int, rule: SizeRule, sizes: dict[str, int], **more: object) -> ImageModel:
    return build_model(id, label, number, "comfyui", rule, sizes, Prices(), max_steps=150, **_SERVER, **more)


COMFYUI_MODELS = (
    _build(
        *("comfyui-workflow", "Own Workflow (ComfyUI)", 16, SizeRule(8, 0, 16_777_216, 8192, 8.0)),
        {"512": 0, "1K": 0, "2K": 0, "4K": 0},
        own_workflow=True,
        **_CAPTION,
        note="what its nodes take says the workflow",
    ),
    _build(
        *("comfyui-qwen-edit", "Qwen-Image-Edit (ComfyUI)", 17, _EDIT_RULE, {"1K": 0}),
        max_references=4,
        negative_prompt=True,
    ),
    _build(*("comfyui-flux-kontext", "FLUX.1 Kontext (ComfyUI)", 18, _EDIT_RULE, {"1K": 0}), max_references=5),
    _build(*("comfyui-sdxl", "SDXL (ComfyUI)", 19, _SD_RULE, _HALF), slots={"OBJECT": 0}, **_CAPTION),
    _build(*("comfyui-sd15", "Stable Diffusion 1.5 (ComfyUI)", 20, _SD_RULE, _HALF), slots={"OBJECT": 0}, **_CAPTION),
)
