# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of errors, each with a message for the user and a next step."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class ErrorKind(StrEnum):
    """Why a generation produced no image."""

    INPUT = "INPUT"  # the user's settings, files or scene cannot be used
    OFFLINE = "OFFLINE"  # Blender's online access is switched off
    KEY_MISSING = "KEY_MISSING"
    KEY_INVALID = "KEY_INVALID"
    PERMISSION = "PERMISSION"
    BILLING = "BILLING"
    REGION = "REGION"
    MODEL = "MODEL"
    REQUEST = "REQUEST"
    TOO_LARGE = "TOO_LARGE"
    SIGNATURE = "SIGNATURE"
    FILE_GONE = "FILE_GONE"
    QUOTA_DAY = "QUOTA_DAY"
    RATE = "RATE"
    CAPACITY = "CAPACITY"
    SERVER = "SERVER"
    DEADLINE = "DEADLINE"
    NETWORK = "NETWORK"  # nothing was sent
    UNKNOWN_RESULT = "UNKNOWN_RESULT"  # sent, and no answer: perhaps billed
    ANSWER = "ANSWER"  # an answer that cannot be used: not JSON, not an image, too large
    REFUSED = "REFUSED"
    CANCELLED = "CANCELLED"
    DISK = "DISK"
    BUDGET = "BUDGET"
    INTERNAL = "INTERNAL"


class ErrorText(NamedTuple):
    """The default texts of one kind of error: what happened, and what to do."""

    message: str
    next_step: str


ERROR_TEXTS: dict[ErrorKind, ErrorText] = {
    ErrorKind.INPUT: ErrorText("These settings cannot be sent.", "Change the setting and try again."),
    ErrorKind.OFFLINE: ErrorText(
        "Online access is switched off in Blender.",
        "Switch on Preferences > System > Network > Allow Online Access, or use the provider Offline.",
    ),
    ErrorKind.KEY_MISSING: ErrorText(
        "There is no API key.",
        "Enter one in the add-on's preferences, or set it in the environment.",
    ),
    ErrorKind.KEY_INVALID: ErrorText(
        "The service does not accept the API key.",
        "Enter it again in the add-on's preferences, then choose Test Connection.",
    ),
    ErrorKind.PERMISSION: ErrorText(
        "The API key does not have permission for this.",
        "Check the key's restrictions and whether the Gemini API is enabled for its project.",
    ),
    ErrorKind.BILLING: ErrorText(
        "The project of this key has no billing or no credit left; image models have no free tier.",
        "Enable billing or add credit in Google AI Studio, then try again.",
    ),
    ErrorKind.REGION: ErrorText(
        "The service is not available in your region.",
        "Use another provider, or a project with billing in a supported region.",
    ),
    ErrorKind.MODEL: ErrorText(
        "The provider does not offer this model.",
        "Choose another model, or refresh the list of models in the preferences.",
    ),
    ErrorKind.REQUEST: ErrorText(
        "The service did not accept the request.",
        "Read the details and change the setting that they name.",
    ),
    ErrorKind.TOO_LARGE: ErrorText(
        "The request is too large for the service.",
        "Use fewer or smaller references.",
    ),
    ErrorKind.SIGNATURE: ErrorText(
        "The service did not accept the earlier turn of this conversation.",
        "Continue with the image as a reference instead.",
    ),
    ErrorKind.FILE_GONE: ErrorText(
        "An uploaded reference is no longer on the service.",
        "Try again: it will be uploaded again.",
    ),
    ErrorKind.QUOTA_DAY: ErrorText(
        "The daily quota of this key is used up.",
        "Wait until midnight Pacific time, or use another key.",
    ),
    ErrorKind.RATE: ErrorText(
        "The service received too many requests in a short time.",
        "Wait a minute, then try again with fewer variants.",
    ),
    ErrorKind.CAPACITY: ErrorText(
        "The model is overloaded at the moment.",
        "Try again in a few minutes, or choose another model.",
    ),
    ErrorKind.SERVER: ErrorText("The service had an internal error.", "Try again in a few minutes."),
    ErrorKind.DEADLINE: ErrorText(
        "The service did not finish in time.",
        "Try again, or choose a smaller size.",
    ),
    ErrorKind.NETWORK: ErrorText(
        "The service could not be reached; nothing was sent.",
        "Check the network, the proxy and the address of the provider.",
    ),
    ErrorKind.UNKNOWN_RESULT: ErrorText(
        "The connection broke after the request was sent; it may have been billed.",
        "Choose Resend to send it a second time, or Dismiss.",
    ),
    ErrorKind.ANSWER: ErrorText(
        "The answer of the service cannot be used.",
        "Try again; if the error persists, check the address of the provider.",
    ),
    ErrorKind.REFUSED: ErrorText("The model refused to generate this.", "Change the prompt or the references."),
    ErrorKind.CANCELLED: ErrorText("Cancelled.", "Start it again at any time."),
    ErrorKind.DISK: ErrorText(
        "A file could not be read or written.",
        "Check the folder in the add-on's preferences and the free disk space.",
    ),
    ErrorKind.BUDGET: ErrorText(
        "This would exceed the budget.",
        "Raise the budget in the add-on's preferences, or wait for the next month.",
    ),
    ErrorKind.INTERNAL: ErrorText(
        "An internal error occurred in the add-on.", "Please report it with the output of the system console."
    ),
}


class NanoBananaError(Exception):
    """An error whose text is shown to the user.

    `message` says what happened, `next_step` what to do; `detail` is the service's own text (secrets cut out, at most
    500 characters); `retry_after` is in seconds when the service named it. `remedy` names the button that the panel
    shows with it, where the kind alone does not tell; `reason` is the service's own code of a refusal.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str = "",
        *,
        next_step: str = "",
        detail: str = "",
        http_status: int | None = None,
        retry_after: float | None = None,
        remedy: str = "",
        reason: str = "",
    ) -> None:
        self.kind = kind
        self.reason = reason
        self.message = message or ERROR_TEXTS[kind].message
        self.next_step = next_step or ERROR_TEXTS[kind].next_step
        self.detail = detail
        self.http_status = http_status
        self.retry_after = retry_after
        self.remedy = remedy
        super().__init__(self.message)

    def to_sentence(self) -> str:
        """What happened, the service's own message if any, and what to do, in one text."""
        detail = f" ({self.detail})" if self.detail and self.detail not in self.message else ""
        return f"{self.message.rstrip()}{detail} {self.next_step}".strip()


class InputError(NanoBananaError):
    """The user's settings, files or scene cannot be used; nothing was recorded or sent."""

    def __init__(self, message: str, *, next_step: str = "", detail: str = "", remedy: str = "") -> None:
        super().__init__(ErrorKind.INPUT, message, next_step=next_step, detail=detail, remedy=remedy)
