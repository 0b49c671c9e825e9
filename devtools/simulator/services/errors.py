# SPDX-License-Identifier: GPL-3.0-or-later
"""An error with what the services put into their envelopes, and the words that several share."""

from __future__ import annotations

from typing import Any

from devtools.simulator.cometapi import GatewayError


class ServiceError(GatewayError):
    """An error with the service's own code, kind and the field that is wrong; ``body`` replaces the envelope."""

    def __init__(
        self, code: int, message: str, name: str = "", *, param: str = "", kind: str = "", body: Any = None
    ) -> None:
        super().__init__(code, message, gateway_code=name)
        self.name, self.param, self.kind, self.body = name, param, kind, body


def find_name(error: Exception, default: str = "") -> str:
    """The service's code of an error."""
    return error.name if isinstance(error, ServiceError) else default
