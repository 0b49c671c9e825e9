"""``python -m devtools.simulator``: as another process uses it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[3]
PRO = "gemini-3-pro-image"
Build = Callable[..., dict[str, Any]]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "devtools.simulator", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait(timeout=10)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def test_it_serves_without_a_key_and_ends_with_its_input(request_with: Build) -> None:
    """Offline mode; it goes when the process that started it goes."""
    with running("--painter", "solid") as (process, address):
        answer = httpx.post(
            f"{address}/v1beta/models/{PRO}:generateContent",
            json=request_with(),
            trust_env=False,
            verify=False,
        )
        assert answer.status_code == 200
        assert process.stdin
        process.stdin.close()
        assert process.wait(timeout=10) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM cannot be caught on Windows")
def test_it_ends_when_terminated() -> None:
    """SIGTERM is a clean end."""
    with running("--key", "one", "--key", "two") as (process, address):
        url = f"{address}/v1beta/models/{PRO}"
        codes = [
            httpx.get(url, headers={"x-goog-api-key": key}, trust_env=False, verify=False).status_code
            for key in ("one", "two", "three")
        ]
        assert codes == [200, 200, 400]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_a_canned_picture_and_lifted_limits(tmp_path: Path, request_with: Build, picture: Callable[..., bytes]) -> None:
    """The bench's server: always the same bytes, bodies of any size, pictures of any size."""
    import base64

    canned = tmp_path / "canned.png"
    canned.write_bytes(picture("PNG", (40, 30)))
    with running("--canned", str(canned), "--body-limit", "0", "--image-limit", "0") as (
        _,
        address,
    ):
        data = picture()
        large = data[:-12] + bytes(20_000_000) + data[-12:]
        answer = httpx.post(
            f"{address}/v1beta/models/{PRO}:generateContent",
            json=request_with([("image/png", large)]),
            trust_env=False,
            verify=False,
            timeout=60,
        )
    part = answer.json()["candidates"][0]["content"]["parts"][-1]["inlineData"]
    assert part["mimeType"] == "image/png"
    assert base64.b64decode(part["data"]) == canned.read_bytes()


def test_the_cases_are_listed() -> None:
    """--cases prints each with its line, and ends."""
    command = [sys.executable, "-m", "devtools.simulator", "--cases"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert "429_per_minute: " in done.stdout


def test_nothing_heavy_is_imported_and_nothing_of_the_client() -> None:
    """Starting the server needs no Pillow and no NumPy, and shares no code with the client."""
    code = (
        "import sys\n"
        "from devtools.simulator.server import Simulator\n"
        "with Simulator(): pass\n"
        "names = set(sys.modules)\n"
        "heavy = names & {'PIL', 'numpy', 'httpx', 'bpy'}\n"
        "own = {n for n in names if n.startswith('nano_banana_addon.')}\n"
        "other = {n for n in own if not n.startswith('nano_banana_addon.simulator')}\n"
        "sys.exit(repr(heavy | other) if heavy | other else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
