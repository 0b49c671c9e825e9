# SPDX-License-Identifier: GPL-3.0-or-later
"""The providers' lists of models, stored with the history so that a start needs no call."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from ...core import serial
from ...core.files import write_durable
from ...core.models import ModelAvailability
from .layout import convert_home_errors

_log = logging.getLogger(__name__)
_FILE = "models.json"


def load(home: Path) -> dict[str, ModelAvailability]:
    """The stored lists by provider; nothing when there is no file or it cannot be read."""
    try:
        plain = json.loads((home / _FILE).read_bytes())
        return {provider: serial.from_plain(ModelAvailability, each) for provider, each in plain.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        _log.warning("the kept lists of models cannot be read", exc_info=True)
        return {}


def save(home: Path, provider: str, offer: ModelAvailability) -> None:
    """Store one provider's list. Raises DISK."""
    offers = load(home) | {provider: offer}
    text = json.dumps({name: serial.to_plain(each) for name, each in offers.items()}, indent=1)
    with convert_home_errors(home):
        write_durable(home / _FILE, text.encode())
