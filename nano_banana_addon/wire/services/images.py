# SPDX-License-Identifier: GPL-3.0-or-later
"""One request that answers with images: Seedream, gpt-image, OpenRouter (docs/dev/images-contract.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from ...core.errors import InputError
from ...core.result import Usage
from ..contract.steps import Ask, ContractJob, Reply, Steps, ask
from ..http.body import Body, FormFile, build_form_body, build_json_body
from . import parts


class ImagesContract:
    """The shape that they share; each says what it sends, and what it is billed by."""

    def steps(self, job: ContractJob, ticket: str = "") -> Steps:
        """Ask once; links that come instead of images are fetched, also after a crash."""
        if ticket:
            return (yield from parts.resume(ticket, job))
        path, body, content_type = self.build_order(job)
        reply = yield from ask(
            Ask(
                "POST",
                path,
                body,
                content_type,
                generates=True,
                is_picture=parts.is_base64_json,
                answer_keys=("data",),
            )
        )
        items = parts.as_list(reply.get("data"))
        usage, billed_usd = self.read_usage(reply)
        return (yield from parts.finish(reply, items, job, usage=usage, billed_usd=billed_usd))

    def give_up(self, job: ContractJob, ticket: str) -> tuple[Ask, ...]:
        """Nothing stops it: closing the connection is all."""
        del job, ticket
        return ()

    def build_order(self, job: ContractJob) -> tuple[str, Body, str]:
        """Path, body and its type. Raises `InputError`."""
        raise NotImplementedError

    def read_usage(self, reply: Reply) -> tuple[Usage | None, float | None]:
        """Tokens, and US dollars, as far as the answer tells them."""
        del reply
        return None, None


class SeedreamContract(ImagesContract):
    """ByteDance's route, at Ark and at gateways."""

    def build_order(self, job: ContractJob) -> tuple[str, Body, str]:
        """Always an exact size, since a tier lets the model choose the shape, and never the visible watermark."""
        width, height = parts.find_pixels(job)
        series = {"sequential_image_generation": "auto"} if job.request.count > 1 else {}
        tree = parts.drop_unset(
            **series,
            sequential_image_generation_options={"max_images": job.request.count} if series else None,
            model=parts.get_model_id(job),
            prompt=job.user_turn.text,
            image=[parts.build_data_uri(picture) for picture in parts.list_pictures(job)],
            size=f"{width}x{height}",
            response_format="b64_json",
            watermark=False,
        )
        return parts.get_path(job), build_json_body(tree), "application/json"


class GptImageContract(ImagesContract):
    """OpenAI's routes: a form with the images to change, or JSON without any."""

    def build_order(self, job: ContractJob) -> tuple[str, Body, str]:
        """`edits` with images, the structure first, and a mask of it; `generations` without."""
        width, height = parts.find_pixels(job)
        fields = {"model": parts.get_model_id(job), "prompt": job.user_turn.text, "size": f"{width}x{height}"}
        fields["quality"] = job.request.quality or "high"  # else it chooses one, at a price unknown before
        pictures = parts.list_pictures(job)
        if not pictures:
            return f"{parts.get_path(job)}/generations", build_json_body(fields), "application/json"
        name = "image[]" if len(pictures) > 1 else "image"
        files = [FormFile(name, Path(picture.path), picture.mime_type) for picture in pictures]
        mask = parts.find_mask(job)
        body, kind = build_form_body(fields, [*files, *([FormFile("mask", mask, "image/png")] if mask else [])])
        return f"{parts.get_path(job)}/edits", body, kind

    def read_usage(self, reply: Reply) -> tuple[Usage | None, float | None]:
        """It bills tokens."""
        usage = reply.get("usage")
        if not isinstance(usage, dict):
            return None, None
        counts = [_as_count(cast("dict[str, Any]", usage).get(name)) for name in ("input_tokens", "output_tokens")]
        return Usage(prompt=counts[0], candidates=counts[1], image=counts[1], total=sum(counts)), None


class OpenRouterContract(ImagesContract):
    """OpenRouter's Image API, whose answer tells the price."""

    def build_order(self, job: ContractJob) -> tuple[str, Body, str]:
        """References as links to data URIs. Raises `InputError` for a mask, a series, a quality: it passes on none."""
        if job.request.quality:
            raise InputError("OpenRouter does not pass on the quality.", next_step="Set Quality to its default.")
        if job.request.count > 1:
            raise InputError(
                "OpenRouter generates no matching images in one call.",
                next_step="Switch Matching Images off, or choose CometAPI or BytePlus ModelArk.",
            )
        if parts.find_mask(job):
            raise InputError("OpenRouter takes no mask.", next_step="Switch the guide Mask off, or choose OpenAI.")
        width, height = parts.find_pixels(job)
        uris = [parts.build_data_uri(picture) for picture in parts.list_pictures(job)]
        tree = parts.drop_unset(
            model=parts.get_model_id(job),
            prompt=job.user_turn.text,
            input_references=[{"type": "image_url", "image_url": {"url": uri}} for uri in uris],
            size=f"{width}x{height}",
            seed=job.request.seed,
        )
        return parts.get_path(job), build_json_body(tree), "application/json"

    def read_usage(self, reply: Reply) -> tuple[Usage | None, float | None]:
        """In dollars."""
        cost = reply.get("usage", "cost")
        return None, float(cost) if isinstance(cost, (int, float)) and cost >= 0 else None


def _as_count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
