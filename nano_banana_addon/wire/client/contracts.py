# SPDX-License-Identifier: GPL-3.0-or-later
"""Contracts by name.

Providers that speak a known one need an entry in `providers` and nothing here; another contract is a module with a
class like `GeminiContract`, and its name in `CONTRACTS`.
"""

from __future__ import annotations

from ..comfyui.contract import ComfyUiContract
from ..contract.steps import Contract
from ..gemini.contract import GeminiContract
from ..providers import Endpoint
from ..services import images, sdapi, tasks

#: By the name in `Route.contract`.
CONTRACTS: dict[str, Contract] = {
    "gemini": GeminiContract(),
    "seedream": images.SeedreamContract(),
    "gpt-image": images.GptImageContract(),
    "openrouter": images.OpenRouterContract(),
    "sdapi": sdapi.SdapiContract(),
    "flux": tasks.FluxContract(),
    "sdcpp": sdapi.SdcppContract(),
    "midjourney": tasks.MidjourneyContract(),
    "comfyui": ComfyUiContract(),
}


def find_contract(endpoint: Endpoint, model: str) -> Contract:
    """How a model of the catalogue is asked for at an endpoint. Raises `NanoBananaError` (MODEL)."""
    return CONTRACTS[endpoint.find_route(model).contract]
