# SPDX-License-Identifier: GPL-3.0-or-later
"""The five kinds of 429 and the 402 (docs/dev/gemini-contract.md, *429 and quota details*)."""

from __future__ import annotations

from typing import Any

from nano_banana_addon.simulator.contract.errors import TYPE, ApiError

from .cometapi import GatewayError

_EXCEEDED = (
    "You exceeded your current quota, please check your plan and billing details. For more "
    "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To "
    "monitor your current usage, head to: https://ai.dev/rate-limit. "
)
_PREPAY = (
    "Your prepayment credits are depleted. Please go to AI Studio at "
    "https://ai.studio/projects to manage your project and billing."
)
_METRIC = "generativelanguage.googleapis.com/"
_HELP = {
    "@type": TYPE + "Help",
    "links": [
        {
            "description": "Learn more about Gemini API quotas",
            "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
        }
    ],
}


def _build_quota_error(model: str, metric: str, quota_id: str, limit: int, delay: str) -> ApiError:
    lines = [
        f"* Quota exceeded for metric: {_METRIC}{metric}, limit: {limit}, model: {model}",
        f"Please retry in {delay}.",
    ]
    violation: dict[str, Any] = {
        "quotaMetric": _METRIC + metric,
        "quotaId": quota_id,
        "quotaDimensions": {"location": "global", "model": model},
    }
    if limit:
        violation["quotaValue"] = str(limit)
    details: list[dict[str, Any]] = [
        _HELP,
        {"@type": TYPE + "QuotaFailure", "violations": [violation]},
        {"@type": TYPE + "RetryInfo", "retryDelay": delay},
    ]
    text = _EXCEEDED + "\n" + "\n".join(lines)
    return GatewayError(429, text, details=details, gateway_code="rate_limit_exceeded")


def build_free_tier_error(model: str, delay: str = "24s") -> ApiError:
    """No billing on the project: limit 0. The retry delay is misleading."""
    return _build_quota_error(
        model,
        "generate_content_free_tier_requests",
        "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
        0,
        delay,
    )


def build_per_day_error(model: str, delay: str = "43424s") -> ApiError:
    """The day's requests are used up."""
    name = "GenerateRequestsPerDayPerProjectPerModel"
    return _build_quota_error(model, "generate_requests_per_model_per_day", name, 250, delay)


def build_per_minute_error(model: str, delay: str = "2s") -> ApiError:
    """Too many requests in this minute: worth a wait."""
    name = "GenerateRequestsPerMinutePerProjectPerModel"
    return _build_quota_error(model, "generate_requests_per_model", name, 20, delay)


def build_capacity_error() -> ApiError:
    """No details: capacity, or the spending rate."""
    text = "Resource has been exhausted (e.g. check quota)."
    return GatewayError(429, text, gateway_code="rate_limit_exceeded")


def build_prepay_error(code: int = 429) -> ApiError:
    """Prepaid credit is used up: seen as 429, documented as 402."""
    return GatewayError(code, _PREPAY, gateway_code="insufficient_quota")
