# SPDX-License-Identifier: GPL-3.0-or-later
"""The providers, each one entry of data."""

from __future__ import annotations

from types import MappingProxyType

from ..core.constants import OFFLINE
from .provider import Provider, Route

#: In the order in which they are offered.
ENTRIES: tuple[Provider, ...] = (
    Provider(
        id="google",
        label="Google",
        base_url="https://generativelanguage.googleapis.com",
        key_variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        files_api=True,
        key_page_url="https://aistudio.google.com/apikey",
        billing_page_url="https://ai.google.dev/gemini-api/docs/billing",
    ),
    Provider(
        id="cometapi",
        label="CometAPI",
        base_url="https://api.cometapi.com",
        auth="bearer",
        key_variables=("COMETAPI_KEY",),
        model_ids=MappingProxyType(
            {
                "gemini-3-pro-image": "gemini-3-pro-image-preview",
                "gemini-3.1-flash-image": "gemini-3.1-flash-image-preview",
                "seedream-4.5": "doubao-seedream-4-5-251128",
                "seedream-5.0-lite": "doubao-seedream-5-0-260128",
                "seedream-5.0-pro": "doubao-seedream-5-0-pro-260628",
                "seedream-4.0": "doubao-seedream-4-0-250828",
                "midjourney": "mj_fast_imagine",
            }
        ),
        families=MappingProxyType(
            {
                "gemini": Route("gemini"),
                "seedream": Route("seedream", "/v1/images/generations"),
                "gpt-image": Route("gpt-image", "/v1/images"),
                "flux": Route("flux", "/flux/v1"),
                "midjourney": Route("midjourney", "/mj-fast/mj"),
            }
        ),
        catalogue_path="/api/models",
        lists_models=False,
        key_page_url="https://api.cometapi.com/console/token",
    ),
    Provider(
        id="vertex-express",
        label="Vertex AI (express mode)",
        base_url="https://aiplatform.googleapis.com",
        api_version="v1",
        models_path="publishers/google/models",
        key_variables=("VERTEX_API_KEY",),
        lists_models=False,
        key_page_url="https://console.cloud.google.com/expressmode",
        billing_page_url="https://console.cloud.google.com/billing",
    ),
    Provider(
        id="openai",
        label="OpenAI",
        base_url="https://api.openai.com",
        auth="bearer",
        key_variables=("OPENAI_API_KEY",),
        families=MappingProxyType({"gpt-image": Route("gpt-image", "/v1/images")}),
        test_path="/v1/models",
        lists_models=False,
        key_page_url="https://platform.openai.com/api-keys",
        billing_page_url="https://platform.openai.com/settings/organization/billing",
    ),
    Provider(
        id="ark",
        label="BytePlus ModelArk",
        base_url="https://ark.ap-southeast.bytepluses.com",
        auth="bearer",
        key_variables=("ARK_API_KEY",),
        model_ids=MappingProxyType(
            {
                "seedream-4.5": "seedream-4-5-251128",
                "seedream-5.0-lite": "seedream-5-0-260128",
                "seedream-5.0-pro": "dola-seedream-5-0-pro-260628",
                "seedream-4.0": "seedream-4-0-250828",
            }
        ),
        families=MappingProxyType({"seedream": Route("seedream", "/api/v3/images/generations")}),
        not_found="Activate the model in the console of ModelArk, or choose another.",
        lists_models=False,
    ),
    Provider(
        id="openrouter",
        label="OpenRouter",
        base_url="https://openrouter.ai",
        auth="bearer",
        key_variables=("OPENROUTER_API_KEY",),
        model_ids=MappingProxyType(
            {
                "seedream-4.5": "bytedance-seed/seedream-4.5",
                "flux-2-pro": "black-forest-labs/flux.2-pro",
                "gpt-image-2": "openai/gpt-image-2",
            }
        ),
        names_all=True,
        families=MappingProxyType(
            dict.fromkeys(("seedream", "flux", "gpt-image"), Route("openrouter", "/api/v1/images"))
        ),
        test_path="/api/v1/images/models",
        lists_models=False,
        key_page_url="https://openrouter.ai/keys",
        billing_page_url="https://openrouter.ai/settings/credits",
    ),
    Provider(
        id="bfl",
        label="Black Forest Labs",
        base_url="https://api.bfl.ai",
        auth="x-key",
        key_variables=("BFL_API_KEY",),
        families=MappingProxyType({"flux": Route("flux", "/v1")}),
        lists_models=False,
        own_domain="bfl.ai",
        key_page_url="https://dashboard.bfl.ai",
    ),
    Provider(
        id="sdapi",
        label="Stable Diffusion WebUI",
        base_url="http://127.0.0.1:7860",
        auth="basic",
        families=MappingProxyType({"stable-diffusion": Route("sdapi", "/sdapi/v1")}),
        test_path="/sdapi/v1/sd-models",
        not_found="Start the server with --api, and check its address.",
        lists_models=False,
        needs_key=False,
        takes_key=True,
        is_local=True,
    ),
    Provider(
        id="sdcpp",
        label="stable-diffusion.cpp",
        base_url="http://127.0.0.1:1234",
        auth="bearer",
        families=MappingProxyType({"stable-diffusion-cpp": Route("sdcpp", "/sdcpp/v1")}),
        test_path="/sdcpp/v1/capabilities",
        not_found="Check the server's address and version.",
        lists_models=False,
        needs_key=False,
        takes_key=True,
        is_local=True,
    ),
    Provider(
        id="comfyui",
        label="ComfyUI",
        base_url="http://127.0.0.1:8188",
        auth="bearer",
        families=MappingProxyType({"comfyui": Route("comfyui")}),
        test_path="/system_stats",
        lists_models=False,
        needs_key=False,
        takes_key=True,
        is_local=True,
        body_limit=100 * 2**20,
    ),
    Provider(
        id=OFFLINE,
        label="Offline",
        base_url="",
        files_api=True,
        needs_key=False,
        placeholder_key="offline",
    ),
)
