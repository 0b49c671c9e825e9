# SPDX-License-Identifier: GPL-3.0-or-later
"""One client of the wire benchmark in a process of its own: does the job once to warm up, then
measured.

`python -m devtools.bench.support.wire_worker WHO ADDRESS FOLDER MODE FILE…` prints one JSON object: CPU
seconds (user and system), bytes of peak memory above idle, seconds of wall time.
"""

from __future__ import annotations

import gc
import json
import resource
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .wire_material import KEY

MODEL = "gemini-3-pro-image"
PROMPT = "Repaint the last picture as a rainy neon alley."
Job = Callable[[list[Path]], None]


def make_ours(address: str, folder: Path, mode: str) -> Job:
    """The add-on's client, as the worker calls it."""
    from dataclasses import replace

    from nano_banana_addon.core.constants import ReferenceRole
    from nano_banana_addon.core.request import GenerationRequest, Reference
    from nano_banana_addon.wire.client.client import generate
    from nano_banana_addon.wire.gemini.files_api import FileUploader
    from nano_banana_addon.wire.http.raw_copy import get_head_path
    from nano_banana_addon.wire.providers import resolve_endpoint

    base = resolve_endpoint("google", address)
    limit = 200_000 if mode == "files" else 10**12
    target = replace(base, provider=base.provider._replace(body_limit=limit))

    def refer(path: Path) -> Reference:
        # What the worker sends was prepared: its hash is known, and is the file's name.
        return Reference(ReferenceRole.STYLE, str(path), sha256=path.stem, mime_type="image/jpeg")

    def job(paths: list[Path]) -> None:
        references = tuple(map(refer, paths))
        request = GenerationRequest(PROMPT, image_size="4K", aspect_ratio="16:9", references=references)
        uploader = FileUploader(target, KEY) if mode == "files" else None
        copy = folder / "raw"
        answer = generate(request, target, KEY, folder, uploader=uploader, copy=copy)
        assert answer.result is not None
        for path in (Path(answer.result.path), Path(answer.turn), copy, get_head_path(copy)):
            path.unlink()

    return job


def make_genai(address: str, folder: Path, mode: str) -> Job:
    """Google's own SDK, as its documentation shows it."""
    from google import genai as sdk
    from google.genai import types

    options = types.HttpOptions(base_url=address, api_version="v1beta")
    client = sdk.Client(api_key=KEY, http_options=options)

    def part(path: Path) -> types.Part | types.File:
        if mode == "files":
            uploaded = client.files.upload(file=path)
            while uploaded.state == types.FileState.PROCESSING and uploaded.name:
                time.sleep(0.1)
                uploaded = client.files.get(name=uploaded.name)
            return uploaded
        return types.Part.from_bytes(data=path.read_bytes(), mime_type="image/jpeg")

    def job(paths: list[Path]) -> None:
        response = client.models.generate_content(
            model=MODEL,
            contents=[PROMPT, *(part(p) for p in paths)],
            config=types.GenerateContentConfig(
                response_modalities=["TEXT", "IMAGE"],
                image_config=types.ImageConfig(aspect_ratio="16:9", image_size="4K"),
            ),
        )
        target = folder / "sdk.png"
        for piece in response.parts or []:
            if piece.inline_data and piece.inline_data.data:
                target.write_bytes(piece.inline_data.data)
        assert target.stat().st_size
        target.unlink()

    return job


def make_kernel_copy(_address: str, _folder: Path, mode: str) -> Job:
    """Nothing but the kernel: as many bytes out and in over loopback, neither read nor kept."""
    host, port, outgoing, incoming = mode.split(",")
    piece, into = bytes(256 * 1024), bytearray(256 * 1024)

    def job(_paths: list[Path]) -> None:
        with socket.create_connection((host, int(port))) as line:
            left = int(outgoing)
            while left:
                left -= line.send(piece[: min(left, len(piece))] if left < len(piece) else piece)
            left = int(incoming)
            while left > 0:
                left -= line.recv_into(into)

    return job


CLIENTS = {"ours": make_ours, "google-genai": make_genai, "kernel": make_kernel_copy}


def measure_client(job: Job, small: list[Path], paths: list[Path]) -> dict[str, float]:
    """CPU, memory above idle and wall time of one job, after a small one that loads what is loaded
    late.
    """
    job(small)
    gc.collect()
    idle = _reset_peak()
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    job(paths)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "peak": max(_status("VmHWM") - idle, 0), "wall": wall}


def _reset_peak() -> int:
    """Bytes of memory now; from here on the kernel's record of the peak counts anew (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


def main(arguments: list[str]) -> int:
    """Measure one client."""
    client, address, folder, mode, *files = arguments
    paths = [Path(name) for name in files]
    job = CLIENTS[client](address, Path(folder), mode)
    figures = measure_client(job, paths[:1], paths[1:])
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
