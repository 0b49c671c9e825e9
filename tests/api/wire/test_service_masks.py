# SPDX-License-Identifier: GPL-3.0-or-later
"""A mask goes as such where the model takes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core import models
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.guides import GUIDE_LABELS, Guide
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.imaging.formats.masks import prepare_request
from nano_banana_addon.wire.client.preview import build_preview

from .services import CASES, Case, fail, order, serve

MASKED = [CASES[1], CASES[5], CASES[8], CASES[9]]


def build_masked(case: Case, folder: Path) -> GenerationRequest:
    """A green image whose right half may change, as a capture gives it to the worker process."""
    size = models.find(case.model).find_pixel_size("3:2", case.size)
    structure, mask = folder / "structure.png", folder / "mask.png"
    Image.new("RGB", size, (0, 160, 0)).save(structure)
    white = Image.new("RGB", size, (0, 0, 0))
    white.paste((255, 255, 255), (size[0] // 2, 0, *size))
    white.resize((size[0] // 2, size[1] // 2)).save(mask)
    references = (
        Reference(ReferenceRole.GUIDE, str(mask), GUIDE_LABELS[Guide.MASK]),
        Reference(ReferenceRole.STRUCTURE, str(structure)),
    )
    return order(case, "a red door", references=references, **({"strength": 1.0} if case in MASKED[2:] else {}))


@pytest.mark.parametrize("case", MASKED, ids=str)
def test_a_mask_goes_as_such_and_what_is_outside_stays(case, tmp_path):
    request = prepare_request(build_masked(case, tmp_path), tmp_path / "sent", body_limit=10**9)
    again = prepare_request(request, tmp_path / "sent", body_limit=10**9)
    assert again.references == request.references, "what is sent a second time is the same"
    with serve(case, tmp_path) as (_sim, caller):
        answer = caller.ask(request)
        shown = build_preview(request, caller.endpoint)
    assert "mask" not in shown.text.lower(), "it is not said in words"
    assert len(shown.pictures) == 1
    with Image.open(answer.result.path) as result:
        near, far = (result.convert("RGB").getpixel((int(result.width * x), result.height // 2)) for x in (0.1, 0.9))
    assert max(abs(a - b) for a, b in zip(near, (0, 160, 0), strict=True)) < 40
    assert max(abs(a - b) for a, b in zip(far, (0, 160, 0), strict=True)) > 60


def test_a_gateway_that_passes_no_mask_on_is_not_given_one_in_silence(tmp_path):
    case = Case("openrouter", "gpt-image-2", "openrouter")
    request = prepare_request(build_masked(case, tmp_path), tmp_path / "sent", body_limit=10**9)
    with serve(case, tmp_path) as (sim, caller):
        error = fail(caller, request)
        assert "takes no mask" in error.message
        assert sim.requests == []


def test_where_a_mask_cannot_go_as_such_it_is_an_image_that_the_text_names(tmp_path):
    case = CASES[0]
    request = prepare_request(build_masked(case, tmp_path), tmp_path / "sent", body_limit=10**9)
    with serve(case, tmp_path) as (_sim, caller):
        shown = build_preview(request, caller.endpoint)
    assert len(shown.pictures) == 2
    assert "the white area is the one that the text calls the mask" in shown.text
