# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds a Blender with a window, installs the built zip there, and runs the cases of tests/ui."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtools.environments import ensure_environment
from devtools.paths import BUILD, ROOT

NO_WINDOW = (
    "ui skipped: no Blender with a window was found. Set BLENDER to a Blender's path, or put "
    "blender on PATH (on a Linux without a screen Xvfb is needed too), or set BLENDER_UI to a "
    "program that brings both (`… run --size WxH --timeout SECONDS -- ARGUMENTS` and "
    "`… exec COMMAND`)."
)
# What Blender prints where Python raises nothing that a hook could catch (unknown property,
# operator, icon …).
_TROUBLE = re.compile(r"Traceback|\| (ERROR|FATAL)|^/.*\.py:\d+$|UILayout\.\w+\(\):|search for unknown", re.MULTILINE)
_CASES = ROOT / "tests" / "ui"


@dataclass(frozen=True)
class Window:
    """How to start Blender with a window and without."""

    with_window: tuple[str, ...]
    without: tuple[str, ...]
    seconds: int
    size: str
    needs_screen: bool


def find_window(size: str, seconds: int) -> Window | None:
    """BLENDER_UI's program, BLENDER, or the blender on PATH; None if there is none or no screen to
    be had."""
    if wrapper := os.environ.get("BLENDER_UI"):
        wrapped = shlex.split(wrapper)
        start = (*wrapped, "run", "--size", size, "--timeout", str(seconds), "--")
        return Window(start, (*wrapped, "exec", "blender"), seconds, size, needs_screen=False)
    program = os.environ.get("BLENDER") or shutil.which("blender")
    no_screen = sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    if not program or (no_screen and not shutil.which("Xvfb")):
        return None
    width, height = size.split("x")
    start = (program, "-setaudio", "None", "--window-geometry", "0", "0", width, height)
    return Window(start, (program,), seconds, size, needs_screen=no_screen)


def run_cases(window: Window, path: Path, names: list[str]) -> int:
    """Run each case in a fresh profile; pictures and output stay in .build/ui/<case>."""
    known = {case.stem: case for case in sorted(_CASES.glob("case_*.py"))}
    if unknown := [name for name in names if name not in known]:
        print(
            f"dev.py: no such case: {', '.join(unknown)}; there are: {', '.join(known)}",
            file=sys.stderr,
        )
        return 2
    failed = 0
    for name in names or known:
        folder = BUILD / "ui" / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "profile").mkdir(parents=True)
        trouble = _run_case(window, path, known[name], folder)
        print(f"{name}: {'passed' if not trouble else 'FAILED: ' + trouble}", flush=True)
        failed += bool(trouble)
    print(f"{len(names or known) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


def _run_case(window: Window, path: Path, case: Path, folder: Path) -> str:
    """What went wrong, or nothing. A case can fail by its status and by what Blender printed
    meanwhile."""
    own = {"BLENDER_USER_RESOURCES": folder / "profile", "NANO_BANANA_HOME": folder / "store"}
    own |= {"NANO_BANANA_UI_OUTPUT": folder, "PYTHONPATH": ROOT, "NANO_BANANA_KEYRING": "off"}
    own |= {"NANO_BANANA_UI_ZIP": path}
    variables = os.environ | {key: str(value) for key, value in own.items()}
    install = (
        *window.without,
        "-c",
        "extension",
        "install-file",
        "-r",
        "user_default",
        "-e",
        str(path),
    )
    log = folder / "output.txt"
    installs_itself = case.stem == "case_install"
    if not installs_itself and _run_logged(install, variables, 120, log):
        return f"the zip could not be installed\n{log.read_text(errors='replace')[-2000:]}"
    with ExitStack() as stack:
        stack.enter_context(_provide_screen(window, variables))
        if "keyring" in case.stem:
            stack.enter_context(_provide_keyring(variables))
        start = (
            *window.with_window,
            "--enable-event-simulate",
            "--python-use-system-env",
            "--python",
            str(case),
        )
        status = _run_logged(start, variables, window.seconds + 30, log)
    text = log.read_text(errors="replace")
    trouble = _TROUBLE.search(text)
    if status or trouble:
        return f"status {status}{', printed ' + repr(trouble[0]) if trouble else ''}\n{text[-3000:]}"
    return ""


def _run_logged(command: tuple[str, ...], variables: dict[str, str], seconds: float, log: Path) -> int:
    with log.open("ab") as output:
        try:
            return subprocess.run(
                command, cwd=ROOT, env=variables, stdout=output, stderr=output, timeout=seconds
            ).returncode
        except subprocess.TimeoutExpired:
            return 124


@contextmanager
def _provide_keyring(variables: dict[str, str]) -> Iterator[None]:
    """A D-Bus of its own with an empty keyring of GNOME, for as long as a case runs; none where there is no such."""
    command = [str(ensure_environment("test")), "-m", "tests.support.keyrings"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if address := process.stdout.readline().strip():
            variables |= {"NANO_BANANA_KEYRING": "", "DBUS_SESSION_BUS_ADDRESS": address}
        try:
            yield
        finally:
            process.stdin.close()  # the process ends with it


@contextmanager
def _provide_screen(window: Window, variables: dict[str, str]) -> Iterator[None]:
    """A virtual screen with software OpenGL for as long as a case runs, where the machine has
    none."""
    if not window.needs_screen:
        yield
        return
    screen = ["Xvfb", "-displayfd", "1", "-dpi", "96", "-screen", "0", f"{window.size}x24"]
    options = ["+extension", "GLX", "-nolisten", "tcp"]
    server = subprocess.Popen([*screen, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        variables |= {
            "DISPLAY": f":{server.stdout.readline().strip()}",
            "LIBGL_ALWAYS_SOFTWARE": "1",
        }
        yield
    finally:
        server.terminate()
        server.wait()
