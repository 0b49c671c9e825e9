# SPDX-License-Identifier: GPL-3.0-or-later
"""Local servers with one model: AUTOMATIC1111 and its kin, stable-diffusion.cpp (docs/dev/sdapi-contract.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...core.errors import ErrorKind, NanoBananaError
from .. import errors
from ..contract.pictures import build_answer
from ..contract.spool import ReceivedImage
from ..contract.steps import Ask, ContractJob, Keep, Steps, Tell, Wait, ask
from ..http.body import Base64File, build_file_blob, build_json_body
from . import parts

_WAIT = 1.0


class SdapiContract:
    """One request. A cancelled one is generated to its end: the server knows no jobs, and an interrupt stops any."""

    def steps(self, job: ContractJob, ticket: str = "") -> Steps:
        """Ask once; maps of ControlNet that follow the result are left out."""
        del ticket
        request, images, mask = job.request, _list_blobs(job), parts.find_mask(job)
        tree = _build_tree(job) | parts.drop_unset(
            init_images=images, denoising_strength=request.strength, steps=request.steps, cfg_scale=request.guidance
        )
        if mask:  # from what is there, and in the whole image, not a cut-out of it
            tree |= {"mask": build_file_blob(mask), "inpainting_fill": 1, "inpaint_full_res": False}
        path = f"{parts.get_path(job)}/{'img2img' if images else 'txt2img'}"
        reply = yield from ask(
            Ask(
                *("POST", path, build_json_body(tree)),
                generates=True,
                is_picture=lambda key, parent: not key and parent == "images",
                answer_keys=("images",),
            )
        )
        received = [item for item in parts.as_list(reply.get("images")) if isinstance(item, ReceivedImage)]
        return build_answer(received[:1], job.context, truncation=reply.truncation)

    def give_up(self, job: ContractJob, ticket: str) -> tuple[Ask, ...]:
        """Nothing: an interrupt would also stop what others have ordered."""
        del job, ticket
        return ()


class SdcppContract:
    """Jobs with an id, and a cancel."""

    def steps(self, job: ContractJob, ticket: str = "") -> Steps:
        """Order, keep the id, ask until it is done: the last reply holds the image."""
        path = parts.get_path(job)
        if not ticket:
            body = build_json_body(self._build_tree(job))
            reply = yield from ask(Ask("POST", f"{path}/img_gen", body, generates=True))
            ticket = reply.get_text("id")
            if not ticket:
                raise NanoBananaError(ErrorKind.UNKNOWN_RESULT, "The server named no job.")
            yield Keep(ticket)
        while True:
            where = f"{path}/jobs/{quote(ticket, safe='')}"
            reply = yield from ask(
                Ask("GET", where, is_picture=parts.is_base64_json, answer_keys=("status",), accepts=(404, 410))
            )
            status = reply.get_text("status")
            if reply.status in (404, 410):
                raise errors.build_never_arrived(job.endpoint.provider.label)
            if status == "completed":
                return (yield from parts.finish(reply, parts.as_list(reply.get("result", "images")), job))
            if status in ("failed", "cancelled"):
                kind = ErrorKind.CANCELLED if status == "cancelled" else ErrorKind.REQUEST
                raise NanoBananaError(kind, detail=reply.get_text("error", "message")[:500])
            yield Tell(0.0)
            yield Wait(_WAIT)

    def give_up(self, job: ContractJob, ticket: str) -> tuple[Ask, ...]:
        """Its own cancel, which stops a running job too."""
        return (Ask("POST", f"{parts.get_path(job)}/jobs/{quote(ticket, safe='')}/cancel"),)

    def _build_tree(self, job: ContractJob) -> dict[str, Any]:
        images, request, mask = _list_blobs(job), job.request, parts.find_mask(job)
        sampling = parts.drop_unset(sample_steps=request.steps)
        guidance = parts.drop_unset(txt_cfg=request.guidance)
        return _build_tree(job) | parts.drop_unset(
            init_image=images[0] if images else None,
            mask_image=build_file_blob(mask) if mask else None,
            strength=request.strength,
            sample_params=sampling | ({"guidance": guidance} if guidance else {}),
        )


def _build_tree(job: ContractJob) -> dict[str, Any]:
    width, height = parts.find_pixels(job)
    seed = -1 if job.request.seed is None else job.request.seed
    tree = {"prompt": job.user_turn.text, "width": width, "height": height, "seed": seed}
    return tree | parts.drop_unset(negative_prompt=job.request.negative_prompt)


def _list_blobs(job: ContractJob) -> list[Base64File]:
    return [build_file_blob(Path(picture.path)) for picture in parts.list_pictures(job)]
