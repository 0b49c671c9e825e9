# SPDX-License-Identifier: GPL-3.0-or-later
"""What an HTTP status and its body mean, in the kinds of `core.errors`.

Source of the rules: the Gemini API's pages on errors, rate limits and billing, and recorded bodies. The texts are
matched as well as the codes, because a wrong key is a 400, an empty account is 402 or 429, and gateways answer 500 and
503 to errors of the caller.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, cast

from ..core.bounds import MAX_NAMED_WAIT, MAX_WAIT, is_within
from ..core.errors import ErrorKind, NanoBananaError
from .redact import Redactor

_RETRY_IN = re.compile(r"retry in (\d+(?:\.\d+)?)\s*s", re.IGNORECASE)
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")
_NO_FREE_TIER = re.compile(r"limit: 0(?![.\d])")
#: Ark's codes: InputTextRiskDetection, OutputImageSensitiveContentDetected ...
_REFUSAL_CODE = re.compile(r"(RiskDetection|SensitiveContentDetected)$")
_TAG = re.compile(r"<[^>]*>|\s+")


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """The content of an error body in any of the known formats."""

    http_status: int
    message: str
    status: str = ""  # canonical: INVALID_ARGUMENT; gateways: their string code
    reasons: frozenset[str] = frozenset()
    quota_ids: tuple[str, ...] = ()
    retry_delay: float | None = None

    @property
    def lower_message(self) -> str:
        """The message in lower case, for comparisons."""
        return self.message.lower()

    def mentions(self, *texts: str) -> bool:
        """Whether the message contains one of the texts (given in lower case)."""
        return any(text in self.lower_message for text in texts)


def build_error(
    http_status: int,
    headers: Mapping[str, str],
    body: bytes,
    redactor: Redactor,
    *,
    model: str = "",
    uses_files: bool = False,
) -> NanoBananaError:
    """The error for an answer whose status is not 200.

    `model` is named where the service does not know it; `uses_files`: the request referred to uploads.
    """
    report = read_error(http_status, headers, body)
    kind = _classify(report, uses_files)
    detail = redactor.redact_detail(report.message or f"HTTP {http_status}")
    message = f"The provider does not offer the model {model}." if model else ""
    wait = report.retry_delay or 0.0
    return NanoBananaError(
        kind,
        redactor.redact_text(message) if kind is ErrorKind.MODEL else "",
        next_step=_describe_wait(wait) if wait > MAX_WAIT and kind is not ErrorKind.QUOTA_DAY else "",
        detail=detail,
        http_status=http_status,
        retry_after=report.retry_delay,
        reason=redactor.redact_text(report.status) if kind is ErrorKind.REFUSED else "",
    )


def build_never_arrived(label: str) -> NanoBananaError:
    """The error for an order that a service without a bill does not know."""
    message = f"{label} does not know this order: it never arrived, or the server was restarted. Nothing was billed."
    return NanoBananaError(ErrorKind.NETWORK, message, next_step="Send it again.", http_status=404)


def read_error(http_status: int, headers: Mapping[str, str], body: bytes) -> ErrorReport:
    """The envelope {"error": {...}}, alone or in an array, OpenAI's dialect, HTML, or nothing."""
    text = body.decode("utf-8", "replace")
    after = _parse_retry_after(headers.get("retry-after", ""), headers.get("date", ""))
    try:
        tree: object = json.loads(text)
    except (ValueError, RecursionError):
        return ErrorReport(http_status, _TAG.sub(" ", text).strip()[:2000], retry_delay=after)
    if isinstance(tree, list):
        items = cast("list[object]", tree)
        tree = items[0] if items else {}
    error = _as_mapping(_as_mapping(tree).get("error", tree))
    if not error:
        return ErrorReport(http_status, _join_texts(_as_mapping(tree)), retry_delay=after)
    return _read_message(http_status, error, after)


def _read_message(http_status: int, error: Mapping[str, Any], after: float | None) -> ErrorReport:
    code = error.get("status") or error.get("code") or error.get("type") or ""
    message = error.get("message")
    text = message if isinstance(message, str) else _join_texts(error)
    details = [_as_mapping(entry) for entry in _as_list(error.get("details"))]
    delays = [_parse_delay(entry.get("retryDelay")) for entry in details]
    retry_match = _RETRY_IN.search(text)
    delay = next((d for d in delays if d is not None), None)
    if delay is None:
        delay = _limit_wait(retry_match[1]) if retry_match else after
    return ErrorReport(
        http_status,
        text,
        code if isinstance(code, str) else "",
        frozenset(str(e["reason"]) for e in details if isinstance(e.get("reason"), str)),
        tuple(_list_quota_ids(details)),
        delay,
    )


def _join_texts(tree: Mapping[str, Any]) -> str:
    """The texts of an error of FastAPI and of local servers: in "detail", "error", "message" and "errors"."""
    found: list[str] = []
    for name in ("error", "message", "detail", "errors"):
        value: object = tree.get(name)
        for item in _as_list(value) or [value]:
            place = " ".join(map(str, _as_list(_as_mapping(item).get("loc"))[1:]))
            text: object = f"{place} {_as_mapping(item).get('msg')}" if place else item
            found.append(text.strip() if isinstance(text, str) else "")
    return ": ".join(text for text in dict.fromkeys(found) if text)


def _list_quota_ids(details: list[Mapping[str, Any]]) -> Iterator[str]:
    for entry in details:
        for violation in _as_list(entry.get("violations")):
            yield str(_as_mapping(violation).get("quotaId", ""))


def _classify(report: ErrorReport, uses_files: bool) -> ErrorKind:
    if report.http_status == 403 and report.mentions("flagged"):
        return ErrorKind.REFUSED
    special = _classify_gateway_code(report) or _classify_text(report)
    if special:
        return special
    status = report.http_status
    if status == 429:
        return _classify_quota(report)
    if status in (403, 404) and uses_files and _mentions_file(report):
        return ErrorKind.FILE_GONE
    by_status = {
        401: ErrorKind.KEY_INVALID,
        403: ErrorKind.PERMISSION,
        404: ErrorKind.MODEL,
        408: ErrorKind.SERVER,
        413: ErrorKind.TOO_LARGE,
        499: ErrorKind.CANCELLED,
        503: ErrorKind.CAPACITY,
        504: ErrorKind.DEADLINE,
    }
    if status in by_status:
        return by_status[status]
    if status >= 500:
        return ErrorKind.SERVER
    return ErrorKind.REQUEST if status >= 400 else ErrorKind.ANSWER


def _classify_gateway_code(report: ErrorReport) -> ErrorKind | None:
    """Codes that gateways send as strings, whatever the HTTP status."""
    return {
        "model_not_found": ErrorKind.MODEL,
        "invalid_request": ErrorKind.REQUEST,
        "invalid_request_error": ErrorKind.REQUEST,
        "invalid_api_key": ErrorKind.KEY_INVALID,
        "authentication": ErrorKind.KEY_INVALID,
        "permission_denied": ErrorKind.PERMISSION,
        "insufficient_user_quota": ErrorKind.BILLING,
        "insufficient_quota": ErrorKind.BILLING,
        "payment_required": ErrorKind.BILLING,
        "AccountOverdueError": ErrorKind.BILLING,
        "moderation_blocked": ErrorKind.REFUSED,
        "content_policy_violation": ErrorKind.REFUSED,
    }.get(report.status) or (ErrorKind.REFUSED if _REFUSAL_CODE.search(report.status) else None)


def _classify_text(report: ErrorReport) -> ErrorKind | None:
    """The kind by the text or a reason, which are more precise than the status."""
    if report.mentions("out of memory"):
        return ErrorKind.TOO_LARGE
    if report.http_status == 402 or report.mentions("prepayment", "prepaid credit"):
        return ErrorKind.BILLING
    if report.mentions("user location is not supported"):
        return ErrorKind.REGION
    if _is_key_error(report):
        return ErrorKind.KEY_INVALID
    if report.mentions("enable billing", "billing account", "billing to be enabled", "billing is disabled"):
        return ErrorKind.BILLING
    if report.http_status != 400:
        return None
    if report.status == "FAILED_PRECONDITION":
        return ErrorKind.REGION if report.mentions("not available in your") else ErrorKind.PERMISSION
    if report.mentions("thought_signature", "thought signature"):
        return ErrorKind.SIGNATURE
    return ErrorKind.TOO_LARGE if report.mentions("payload size exceeds") else None


def _is_key_error(report: ErrorReport) -> bool:
    return "API_KEY_INVALID" in report.reasons or report.mentions(
        "api key not valid",
        "api key expired",
        "reported as leaked",
        "unregistered callers",
        "invalid api key",
        "incorrect api key",
        "api keys are not supported",
    )


def _mentions_file(report: ErrorReport) -> bool:
    return report.mentions("file") and not report.mentions("api version")


def _classify_quota(report: ErrorReport) -> ErrorKind:
    """The five kinds of 429 (the one for an empty account is found before)."""
    if _NO_FREE_TIER.search(report.lower_message):
        return ErrorKind.BILLING
    per_day = any("PerDay" in quota for quota in report.quota_ids)
    if per_day or (report.retry_delay or 0.0) > MAX_WAIT:
        return ErrorKind.QUOTA_DAY
    return ErrorKind.RATE


def _parse_delay(value: object) -> float | None:
    if not isinstance(value, str):
        return None
    match = _SECONDS.fullmatch(value.strip())
    return _limit_wait(match[1]) if match else None


def _parse_retry_after(text: str, date: str) -> float | None:
    """Seconds in a Retry-After: a number, or a time of the server's clock, which `date` tells."""
    try:
        return _limit_wait(text)
    except ValueError:
        moment = _parse_date(text)
    return None if moment is None else _limit_wait(moment - (_parse_date(date) or time.time()))


def _parse_date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _limit_wait(seconds: str | float) -> float | None:
    """A named wait, shortened to what can be counted with; None for one that is no time. Raises `ValueError`."""
    wait = float(seconds)
    return min(wait, MAX_NAMED_WAIT) if is_within(wait, float("inf")) else None


def _describe_wait(seconds: float) -> str:
    """What to do when the service asks for a long wait."""
    unit, length = ("hours", 3600.0) if seconds >= 7200.0 else ("minutes", 60.0)
    return f"The service asks to wait {seconds / length:.0f} {unit}. Try again then, or use another model or provider."


def _as_mapping(value: object) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _as_list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
