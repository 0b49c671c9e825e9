# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases that answer with an error (contract cases 28 to 30 and 38)."""

from __future__ import annotations

from collections.abc import Callable

from nano_banana_addon.simulator.contract.errors import INTERNAL, TYPE, ApiError, build_invalid, build_model_not_found
from nano_banana_addon.simulator.contract.plan import ServerReply

from .. import cometapi, quota_errors
from ..google import LEAKED
from ..script import CaseContext, CaseParameters, case
from ..transport import FaultPlan

ErrorFactory = Callable[[CaseParameters, CaseContext], ApiError]


def _register_error(name: str, description: str, make: ErrorFactory) -> None:
    @case(name, description)
    def action(plan: FaultPlan, parameters: CaseParameters, context: CaseContext) -> None:
        plan.error = make(parameters, context)


def _register_fixed_error(
    name: str,
    description: str,
    code: int,
    text: str,
    *,
    status: str | None = None,
    gateway_code: str = cometapi.UNNAMED,
) -> None:
    def make(_parameters: CaseParameters, _context: CaseContext) -> ApiError:
        return cometapi.GatewayError(code, text, status=status, gateway_code=gateway_code)

    _register_error(name, description, make)


_register_error("400_invalid", "400 without a hint", lambda _g, _a: build_invalid())
_register_fixed_error(
    "400_location",
    "400 FAILED_PRECONDITION: region not supported",
    400,
    "User location is not supported for the API use.",
    status="FAILED_PRECONDITION",
)
_register_fixed_error(
    "400_billing",
    "400 FAILED_PRECONDITION: billing must be enabled",
    400,
    "Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.",
    status="FAILED_PRECONDITION",
)
_register_fixed_error(
    "401_unauthenticated",
    "401, as Vertex AI answers",
    401,
    "API keys are not supported by this API. Expected OAuth2 access token.",
    gateway_code="invalid_api_key",
)
_register_error("402_prepay", "402: prepaid credit is used up", lambda _g, _a: quota_errors.build_prepay_error(402))
_register_fixed_error("403_leaked", "403: the key was reported as leaked", 403, LEAKED)
_register_fixed_error(
    "403_blocked",
    "403: the key may not use this API",
    403,
    "Requests to this API generativelanguage.googleapis.com method are blocked.",
)


@case("403_disabled", "403: the API is not enabled (SERVICE_DISABLED)")
def _answer_disabled(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    text = "Generative Language API has not been used in project 1 before or it is disabled."
    info = {"@type": TYPE + "ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com"}
    plan.error = ApiError(403, text, details=[info])


@case("403_file", "403: a file is missing, expired or foreign")
def _refuse_file(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    name = parameters.get("name", "abc-123")
    text = f"You do not have permission to access the File {name} or it may not exist."
    plan.error = ApiError(403, text)


_register_error(
    "404_model",
    "404: the model does not exist",
    lambda given, about: build_model_not_found(about.model, given.get("version", "v1beta")),
)
_register_error(
    "404_new_users",
    "404: the model is closed to new users",
    lambda _given, about: ApiError(
        404,
        f"This model models/{about.model} is no longer available to new users. Please update your "
        "code to use a newer model.",
    ),
)
_register_fixed_error("408_timeout", "408", 408, "The request timed out.")
_register_error(
    "413_html",
    "413 from a proxy",
    lambda _g, _a: ApiError(413, "Request Entity Too Large", html=cometapi.TOO_LARGE),
)
_register_error(
    "429_free_tier",
    "429 limit 0: no billing (delay=24s is misleading)",
    lambda given, about: quota_errors.build_free_tier_error(about.model, given.get("delay", "24s")),
)
_register_error(
    "429_per_day",
    "429: the day's quota (delay=43424s)",
    lambda given, about: quota_errors.build_per_day_error(about.model, given.get("delay", "43424s")),
)
_register_error(
    "429_per_minute",
    "429: this minute's quota (delay=2s)",
    lambda given, about: quota_errors.build_per_minute_error(about.model, given.get("delay", "2s")),
)
_register_error("429_capacity", "429 without details", lambda _g, _a: quota_errors.build_capacity_error())
_register_error("429_prepay", "429: prepaid credit is used up", lambda _g, _a: quota_errors.build_prepay_error(429))
_register_fixed_error("499_cancelled", "499", 499, "The operation was cancelled.")
_register_fixed_error("500_internal", "500", 500, INTERNAL)
_register_error(
    "502_html",
    "502 with an HTML page",
    lambda _g, _a: ApiError(502, "Bad Gateway", html="<html><h1>502 Bad Gateway</h1></html>"),
)
_register_fixed_error("503_overloaded", "503", 503, "The model is overloaded. Please try again later.")
_register_fixed_error(
    "503_high_demand",
    "503, the longer text",
    503,
    "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.",
)
_register_fixed_error("503_unavailable", "503, the short text", 503, "The service is currently unavailable.")
_register_fixed_error("504_deadline", "504", 504, "Deadline expired before operation could complete.")
_register_error(
    "524_gateway",
    "524 from a gateway's proxy, HTML",
    lambda _g, _a: ApiError(524, "A timeout occurred", html="<html>524: A timeout occurred</html>"),
)
_register_error(
    "comet_model_not_found",
    "the gateway's 503 for an unknown model (use dialect cometapi)",
    lambda _given, about: cometapi.build_unknown_model_error(about.model),
)
_register_fixed_error(
    "comet_invalid_request",
    "the gateway's 500 for a malformed body (use dialect cometapi)",
    500,
    "invalid request body",
    gateway_code="invalid_request",
)


@case("error_array", "the 503 wrapped in a one-element array")
def _wrap_error(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.error = plan.error or ApiError(503, "The service is currently unavailable.")
    plan.alter_error = lambda body: [body]


@case("error_no_status", "a 500 whose body lacks error.status")
def _omit_status(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.error = ApiError(500, INTERNAL, status="")


@case("error_empty_body", "a status (status=500) with an empty body")
def _send_empty_body(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    plan.raw = ServerReply(int(parameters.get("status", "500")), [b""], length=0)


@case("error_echo_key", "a 400 that repeats the received key in text, details and header")
def _echo_key(plan: FaultPlan, _parameters: CaseParameters, context: CaseContext) -> None:
    text = f"API key {context.secret} is not permitted to call this method."
    info = {"@type": TYPE + "ErrorInfo", "reason": "API_KEY_SERVICE_BLOCKED"}
    plan.error = ApiError(400, text, details=[info | {"metadata": {"consumer": context.secret}}])
    plan.headers["x-debug-consumer"] = context.secret


@case("error_huge", "a 400 whose message is megabytes long (bytes=5000000)")
def _send_huge_message(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    plan.error = build_invalid("x" * int(parameters.get("bytes", "5000000")))
