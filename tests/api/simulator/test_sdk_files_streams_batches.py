"""Google's SDK uses the Files API, streams and batches against the server."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import errors, types
from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator

PRO = "gemini-3-pro-image"
Upload = Callable[..., types.File]


@pytest.fixture
def upload(client: genai.Client) -> Upload:
    def send(data: bytes, mime: str = "image/png") -> types.File:
        settings = types.UploadFileConfig(mime_type=mime, display_name="ref1")
        return client.files.upload(file=io.BytesIO(data), config=settings)

    return send


def test_a_file_is_uploaded_used_and_deleted(
    client: genai.Client, upload: Upload, picture: Callable[..., bytes]
) -> None:
    """Contract case 36: a file's life; used, it decides the ratio like any other picture."""
    data = picture("PNG", (90, 160))
    stored = upload(data)
    assert stored.size_bytes == len(data)
    assert stored.display_name == "ref1"
    digest = hashlib.sha256(data).hexdigest()
    assert stored.sha256_hash
    assert base64.b64decode(stored.sha256_hash).decode() == digest
    response = client.models.generate_content(model=PRO, contents=["restyle", stored])
    assert response.parts
    assert response.parts[-1].inline_data
    made = response.parts[-1].inline_data.data
    assert made
    assert Image.open(io.BytesIO(made)).size == (768, 1376)
    assert [file.name for file in client.files.list()] == [stored.name]
    assert stored.name
    client.files.delete(name=stored.name)
    with pytest.raises(errors.ClientError) as gone:
        client.models.generate_content(model=PRO, contents=["restyle", stored])
    assert gone.value.code == 403


def test_a_large_file_comes_in_chunks(upload: Upload, sim: Simulator) -> None:
    """Contract case 36: 20 MB go up in the SDK's three chunks."""
    stored = upload(b"\x89PNG\r\n\x1a\n" + bytes(20_000_000))
    assert stored.size_bytes == 20_000_008
    assert sum(entry.path == "/upload/v1/files" for entry in sim.requests) == 4


def test_a_file_is_processed_first(connect: Callable[..., genai.Client], picture: Callable[..., bytes]) -> None:
    """Contract case 36: PROCESSING, then ACTIVE; used before that it is a 400."""
    with Simulator(solid.paint, file_polls=2) as sim:
        client = connect(sim)
        settings = types.UploadFileConfig(mime_type="image/png")
        stored = client.files.upload(file=io.BytesIO(picture()), config=settings)
        assert stored.name
        assert stored.state == "PROCESSING"
        with pytest.raises(errors.ClientError, match="not in an ACTIVE state"):
            client.models.generate_content(model=PRO, contents=["x", stored])
        states = [client.files.get(name=stored.name).state for _ in range(2)]
        assert states == ["PROCESSING", "ACTIVE"]
        assert client.models.generate_content(model=PRO, contents=["x", stored]).parts


def test_foreign_and_expired_files_are_a_403(
    connect: Callable[..., genai.Client], picture: Callable[..., bytes]
) -> None:
    """Contract case 36: not a 404."""
    with Simulator(solid.paint, keys={"mine", "theirs"}, file_polls=0) as sim:
        mine, theirs = connect(sim, "mine"), connect(sim, "theirs")
        settings = types.UploadFileConfig(mime_type="image/png")
        stored = mine.files.upload(file=io.BytesIO(picture()), config=settings)
        assert stored.name
        assert mine.files.get(name=stored.name)
        with pytest.raises(errors.ClientError) as foreign:
            theirs.files.get(name=stored.name)
        sim.expire_files()
        with pytest.raises(errors.ClientError) as expired:
            mine.files.get(name=stored.name)
        assert foreign.value.code == expired.value.code == 403


def start_headers(**changed: str | None) -> dict[str, str]:
    headers: dict[str, str | None] = {
        "X-Goog-Upload-Protocol": "resumable",
        "X-Goog-Upload-Command": "start",
        "X-Goog-Upload-Header-Content-Length": "10",
        "X-Goog-Upload-Header-Content-Type": "image/png",
    }
    headers.update({name.replace("_", "-"): value for name, value in changed.items()})
    return {name: value for name, value in headers.items() if value is not None}


@pytest.mark.parametrize("missing", list(start_headers()))
def test_the_start_needs_its_headers(http: httpx.Client, missing: str) -> None:
    """Contract case 36: each header of the start is needed."""
    headers = start_headers(**{missing: None})
    assert http.post("/upload/v1beta/files", json={}, headers=headers).status_code == 400


@pytest.mark.parametrize(
    ("offset", "data", "command"),
    [
        ("3", b"0123456789", "upload, finalize"),
        ("0", b"0123", "upload, finalize"),
        ("0", b"0123456789AB", "upload, finalize"),
        ("x", b"0123456789", "upload, finalize"),
        ("0", b"0123456789", "guess"),
    ],
)
def test_wrong_offsets_and_lengths_are_refused(http: httpx.Client, offset: str, data: bytes, command: str) -> None:
    """Contract case 36: what does not fit the announcement is a 400; a header has the address."""
    started = http.post("/upload/v1beta/files", headers=start_headers())
    assert started.status_code == 200
    assert not started.content
    address = started.headers["X-Goog-Upload-URL"]
    headers = {"X-Goog-Upload-Offset": offset, "X-Goog-Upload-Command": command}
    assert http.post(address, content=data, headers=headers).status_code == 400


def test_the_size_of_a_file_is_a_string(http: httpx.Client) -> None:
    """Contract cases 33 and 36: sizeBytes is a string on the line."""
    address = http.post("/upload/v1beta/files", headers=start_headers()).headers["X-Goog-Upload-URL"]
    headers = {"X-Goog-Upload-Offset": "0", "X-Goog-Upload-Command": "upload, finalize"}
    answer = http.post(address, content=b"0123456789", headers=headers)
    assert answer.json()["file"]["sizeBytes"] == "10"
    assert answer.headers["X-Goog-Upload-Status"] == "final"


# Streaming


def gathered(client: genai.Client, text: str = "x") -> tuple[list[types.Part], list[Any]]:
    parts: list[types.Part] = []
    reasons: list[Any] = []
    for chunk in client.models.generate_content_stream(model=PRO, contents=text):
        parts += chunk.parts or []
        reasons += [candidate.finish_reason for candidate in chunk.candidates or []]
    return parts, reasons


@pytest.mark.parametrize("case", ["", "sse_split", "sse_image_first", "sse_long_line", "gzip"])
def test_a_stream_is_whole_however_it_is_cut(client: genai.Client, sim: Simulator, case: str) -> None:
    """Contract case 35: however it is cut, the picture and its signature arrive."""
    if case:
        sim.script(case)
    parts, reasons = gathered(client)
    images = [part for part in parts if part.inline_data]
    assert len(images) == 1
    assert images[0].thought_signature
    assert any(part.text == "" and part.thought_signature for part in parts)
    assert any("猫" in (part.text or "") for part in parts)
    assert reasons[-1] == "STOP"
    assert not any(reasons[:-1])
    if case == "sse_image_first":
        assert parts[0].inline_data
    if case == "sse_long_line":
        assert max(len(part.text or "") for part in parts) > 10_000_000


def test_a_stream_without_an_end_is_broken(client: genai.Client, sim: Simulator) -> None:
    """Contract case 35: no finishReason at all: broken, not refused."""
    sim.script("sse_no_finish")
    _, reasons = gathered(client)
    assert not any(reasons)


@pytest.mark.parametrize("case", ["sse_error_frame", "sse_bare_error"])
def test_an_error_inside_the_stream_is_raised(client: genai.Client, sim: Simulator, case: str) -> None:
    """Contract case 35: parts came, then an error, as a frame or as bare JSON."""
    sim.script(case)
    with pytest.raises(errors.APIError) as failed:
        gathered(client)
    assert failed.value.code == 503


def test_a_stream_without_alt_sse_is_an_array(http: httpx.Client, request_with: Callable[..., dict[str, Any]]) -> None:
    """Contract case 35: one JSON array of partial answers; with a refusal, one frame."""
    path = f"/v1beta/models/{PRO}:streamGenerateContent"
    frames = http.post(path, json=request_with()).json()
    assert isinstance(frames, list)
    assert len(frames) == 3
    assert frames[-1]["candidates"][0]["finishReason"] == "STOP"
    refused = http.post(path, json=request_with(text="[[sim:refusal_no_image]] x")).json()
    assert [frame["candidates"][0]["finishReason"] for frame in refused] == ["NO_IMAGE"]


# Batches


def lines(*prompts: str) -> bytes:
    rows = [
        {"key": f"k{number}", "request": {"contents": [{"parts": [{"text": prompt}]}]}}
        for number, prompt in enumerate(prompts)
    ]
    return "\n".join(json.dumps(row) for row in rows).encode()


def ended(client: genai.Client, job: types.BatchJob) -> tuple[types.BatchJob, list[str]]:
    states = [job.state.name if job.state else ""]
    while not job.done:
        assert job.name
        assert len(states) < 10
        job = client.batches.get(name=job.name)
        states.append(job.state.name if job.state else "")
    return job, states


def test_a_batch_from_a_file_is_answered_by_key(client: genai.Client, upload: Upload, sim: Simulator) -> None:
    """Contract case 37: states in order; lines out of order, one an error, one refused."""
    prompts = ("a house", "b [[sim:503_overloaded]]", "c [[sim:refusal_no_image]]", "d")
    source = upload(lines(*prompts), "application/jsonl")
    assert source.name
    job = client.batches.create(model=PRO, src=source.name, config={"display_name": "job"})
    job, states = ended(client, job)
    assert states == ["JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED"]
    assert job.dest
    assert job.dest.file_name
    rows = [json.loads(line) for line in client.files.download(file=job.dest.file_name).splitlines()]
    by_key = {row["key"]: row for row in rows}
    assert [row["key"] for row in rows] != sorted(by_key)
    assert by_key["k1"]["error"]["code"] == 14
    assert by_key["k2"]["response"]["candidates"][0]["finishReason"] == "NO_IMAGE"
    made = by_key["k0"]["response"]["candidates"][0]["content"]["parts"][-1]["inlineData"]
    image = Image.open(io.BytesIO(base64.b64decode(made["data"])))
    assert image.getpixel((0, 0)) == pytest.approx(solid.choose_colour("a house"), abs=3)
    without_key = httpx.get(
        f"{sim.base_url}/v1beta/{job.dest.file_name}:download?alt=media",
        trust_env=False,
        verify=False,
    )
    assert without_key.status_code == 403


@pytest.mark.parametrize(
    ("case", "keys"),
    [("batch_missing", ["k0"]), ("batch_foreign", ["20200101-0123456789", "k1", "k0", "k0", None])],
)
def test_a_result_with_other_lines_than_asked_for(
    client: genai.Client, upload: Upload, sim: Simulator, case: str, keys: list[str | None]
) -> None:
    """Contract case 37: a line is missing, others belong to nobody."""
    source = upload(lines("a house", "a tree"), "application/jsonl")
    sim.script(case, on="batch", times=1)
    job, _ = ended(client, client.batches.create(model=PRO, src=source.name or ""))
    assert job.dest
    rows = client.files.download(file=job.dest.file_name or "").splitlines()
    assert [json.loads(row).get("key") for row in rows] == keys


def test_a_stuck_batch_ends_when_it_is_cancelled_and_a_result_may_be_gone(
    client: genai.Client, upload: Upload, sim: Simulator
) -> None:
    """Contract case 37: RUNNING until it is cancelled; the file of a result is kept for a limited time."""
    sim.script("batch_stuck", on="batch", times=1)
    stuck = client.batches.create(model=PRO, src=[{"contents": "a"}])
    assert stuck.name
    states = [str(client.batches.get(name=stuck.name).state) for _ in range(4)]
    assert states == ["JobState.JOB_STATE_RUNNING"] * 4
    client.batches.cancel(name=stuck.name)
    assert str(client.batches.get(name=stuck.name).state) == "JobState.JOB_STATE_CANCELLED"
    source = upload(lines("a house"), "application/jsonl")
    sim.script("batch_gone", on="batch", times=1)
    job, _ = ended(client, client.batches.create(model=PRO, src=source.name or ""))
    assert job.dest
    with pytest.raises(errors.ClientError) as gone:
        client.files.download(file=job.dest.file_name or "")
    assert gone.value.code == 403


def test_an_inline_batch_is_answered_inside_the_job(client: genai.Client) -> None:
    """Contract case 37: responses inside the job itself."""
    requests = [{"contents": "a"}, {"contents": "b [[sim:429_per_day]]"}]
    job, _ = ended(client, client.batches.create(model=PRO, src=requests))
    assert job.dest
    assert job.dest.inlined_responses
    first, second = job.dest.inlined_responses
    assert first.response
    assert first.response.parts
    assert second.error
    assert second.error.code == 8


@pytest.mark.parametrize(("case", "state"), [("batch_failed", "FAILED"), ("batch_expired", "EXPIRED")])
def test_a_batch_that_ends_badly_has_no_output(client: genai.Client, sim: Simulator, case: str, state: str) -> None:
    """Contract case 37: FAILED and EXPIRED, without output."""
    sim.script(case, on="batch")
    job = client.batches.create(model=PRO, src=[{"contents": "a"}])
    while job.state and job.state.name in ("JOB_STATE_PENDING", "JOB_STATE_RUNNING"):
        job = client.batches.get(name=job.name or "")
    assert job.state
    assert job.state.name == f"JOB_STATE_{state}"
    assert sim.billed == []


def test_a_flattened_batch_and_a_cancelled_one_paint_nothing(
    client: genai.Client, http: httpx.Client, sim: Simulator
) -> None:
    """Contract case 37: JOB_STATE_* on the line itself; a cancelled batch paints nothing."""
    sim.script("batch_flattened", on="batch", times=1)
    flat = client.batches.create(model=PRO, src=[{"contents": "a"}])
    assert http.get(f"/v1beta/{flat.name}").json()["state"] == "JOB_STATE_RUNNING"
    job = client.batches.create(model=PRO, src=[{"contents": "a"}])
    assert job.name
    client.batches.cancel(name=job.name)
    assert http.get(f"/v1beta/{job.name}").json()["metadata"]["state"] == "BATCH_STATE_CANCELLED"
    assert [entry.name for entry in client.batches.list()] == [job.name, flat.name]
    client.batches.delete(name=job.name)
    assert http.get(f"/v1beta/{job.name}").status_code == 404
    assert sim.billed == []
