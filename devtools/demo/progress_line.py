# SPDX-License-Identifier: GPL-3.0-or-later
"""One line on the terminal that tells what is going on, rewritten in place where that is possible."""

from __future__ import annotations

import sys
import time

_WIDTH = 32


class ProgressLine:
    """Shows step n of m, a bar and words; on a file or pipe, one line for each new phase."""

    def __init__(self, steps: int) -> None:
        self._steps, self._step, self._title, self._last = steps, 0, "", ""
        self._live = sys.stderr.isatty()
        self._began = time.monotonic()

    def begin(self, title: str) -> None:
        """Begin the next step."""
        self._step, self._title, self._last = self._step + 1, title, ""
        self.show(0.0, "")

    def show(self, fraction: float, words: str) -> None:
        """Show how far the step is."""
        filled = round(_WIDTH * min(max(fraction, 0.0), 1.0))
        bar = "█" * filled + "░" * (_WIDTH - filled)
        text = f"[{self._step}/{self._steps}] {self._title:<34} {bar} {words}"
        if self._live:
            sys.stderr.write(f"\r\x1b[2K{text}")
            sys.stderr.flush()
        elif words.split(",")[0] != self._last:
            self._last = words.split(",")[0]
            sys.stderr.write(f"[{self._step}/{self._steps}] {self._title}: {words or 'begun'}\n")

    def end(self, words: str = "done") -> None:
        """End the step."""
        self.show(1.0, words)
        if self._live:
            sys.stderr.write("\n")

    def elapsed(self) -> float:
        """Seconds since the line was made."""
        return time.monotonic() - self._began
