# SPDX-License-Identifier: GPL-3.0-or-later
"""The ControlNet extension: units among the scripts that are always on."""

from __future__ import annotations

from typing import Any

from devtools.simulator.services import pictures
from devtools.simulator.services.errors import ServiceError
from nano_banana_addon.simulator.contract.json_access import Tree

MODELS = ("control_v11f1p_sd15_depth [cfd03158]", "control_v11p_sd15_lineart [43d4be0d]", "None")
MODULES = ("none", "depth_midas", "lineart_standard", "normal_bae")
LISTS: dict[str, Tree] = {
    "model_list": {"model_list": list(MODELS[:-1])},
    "module_list": {"module_list": list(MODULES)},
    "control_types": {
        "control_types": {
            "Depth": {"module_list": ["none", "depth_midas"], "model_list": [MODELS[0]], "default_model": MODELS[0]},
            "Lineart": {"module_list": ["none", "lineart_standard"], "model_list": [MODELS[1]]},
        }
    },
}


def read_units(scripts: Tree) -> list[bytes]:
    """The guides of the enabled units, in their order; a 422 for a script that is not installed."""
    for name in scripts:
        if name.lower() != "controlnet":
            raise ServiceError(422, f"always on script {name} not found")
    units = next(iter(scripts.values()), {}).get("args", []) if scripts else []
    return [_read_unit(unit) for unit in units if unit.get("enabled", False)]


def _read_unit(unit: dict[str, Any]) -> bytes:
    if unit.get("model", "None") not in MODELS:
        raise ServiceError(422, f"model {unit.get('model')!r} not found")
    if unit.get("module", "none") not in MODULES:
        raise ServiceError(422, f"module {unit.get('module')!r} not found")
    if not 0 <= unit.get("weight", 1.0) <= 2:
        raise ServiceError(422, "weight must be from 0 to 2")
    try:
        data = pictures.decode_either(str(unit.get("image")))
        pictures.measure(data)
    except ValueError as wrong:
        raise ServiceError(422, f"image {wrong}") from wrong
    return data
