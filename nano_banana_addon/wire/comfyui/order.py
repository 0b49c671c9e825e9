# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to the graph that is queued: by the artist's own workflow, or by a default graph of the model."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core import models
from ...core.constants import Kind, ReferenceRole
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.guides import Guide, find_guide
from ...core.request import GenerationRequest, Reference
from ...core.text import prompts
from ..contract.steps import ContractJob, Step
from ..http.body import Body, FormFile, build_form_body
from . import default_graphs
from .default_graphs import GraphImage, GraphOrder
from .graph import Graph, NodeClasses, Place, add_defaults, find_missing, is_image_loader
from .workflow import CAPTURE, GUIDE_MARKS, Workflow, name_images, read_workflow

#: The folder of our uploads on the server.
_FOLDER = "nano-banana"
_SEEDS = 2**32
_TYPES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
#: Asks the server for node classes.
AskClasses = Callable[[Iterable[str]], Generator[Step, Any, NodeClasses | None]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is queued, and the node that gives the result."""

    graph: Graph
    output: str


def list_uploads(request: GenerationRequest) -> Iterator[tuple[str, Body, str]]:
    """Each reference's name on the server, which its content gives, with the form that brings it and its type.

    Raises `InputError` for a file that ComfyUI does not read.
    """
    for reference in _arrange(request):
        name = _name_upload(reference)
        file = FormFile("image", Path(reference.path), reference.mime_type, name.rpartition("/")[2])
        body, content_type = build_form_body({"type": "input", "subfolder": _FOLDER}, [file])
        yield name, body, content_type


def _name_upload(reference: Reference) -> str:
    if reference.mime_type not in _TYPES:
        raise InputError(f"ComfyUI does not read {reference.mime_type}: {Path(reference.path).name}.")
    digest = reference.sha256 or uuid.uuid5(uuid.NAMESPACE_URL, reference.path).hex
    return f"{_FOLDER}/{digest[:40]}.{_TYPES[reference.mime_type]}"


def plan_workflow(job: ContractJob, ask_classes: AskClasses) -> Generator[Step, Any, Plan]:
    """The artist's workflow with the images and values of the request, checked against the server.

    Raises `InputError` where the two do not fit, MODEL for what the server lacks.
    """
    request = job.request
    if not request.workflow:
        raise InputError("No workflow is chosen.", next_step="Choose a file that ComfyUI exported in API format.")
    workflow = read_workflow(Path(request.workflow))
    check_workflow(request, workflow)
    images = dict(zip(_list_marks(request), map(_name_upload, _arrange(request)), strict=True))
    graph = workflow.fill(images, _list_values(request, workflow))
    given = {place for mark in images for place in workflow.images[mark]}
    return (yield from _check(graph, workflow.output, given, ask_classes))


def plan_default(job: ContractJob, ask_classes: AskClasses) -> Generator[Step, Any, Plan]:
    """The default graph of the request's model. Raises MODEL for what the server lacks, `InputError`."""
    request = job.request
    if request.model not in default_graphs.FAMILIES:
        message = f"ComfyUI has no graph for the model {request.model}."
        labels = ", ".join(family.label for family in default_graphs.FAMILIES.values())
        raise NanoBananaError(ErrorKind.MODEL, message, next_step=f"Choose one of {labels}, or an own workflow.")
    loaders = yield from ask_classes(default_graphs.list_loaders(request.model))
    references = _arrange(request)
    images = tuple(
        GraphImage(_name_upload(reference), _find_role(reference, request), _find_guide(reference))
        for reference in references
    )
    order = GraphOrder(
        prompt=prompts.compose(request),
        size=find_size(request),
        seed=_find_seed(request),
        images=images,
        negative=request.negative_prompt,
        strength=request.strength,
        steps=request.steps,
        guidance=request.guidance,
    )
    graph = default_graphs.build_graph(request.model, order, loaders)
    given = {(ident, "image") for ident, node in graph.items() if is_image_loader(node)}
    return (yield from _check(graph, default_graphs.RESULT, given, ask_classes))


def check_images(request: GenerationRequest) -> None:
    """Raise `InputError` for images and options that the model or the workflow does not take. Asks no server."""
    if models.find(request.model).own_workflow:
        check_workflow(request, read_workflow(Path(request.workflow)))
    else:
        images = [(_find_role(each, request), _find_guide(each)) for each in _arrange(request)]
        default_graphs.check_images(request.model, images)


def check_workflow(request: GenerationRequest, workflow: Workflow) -> None:
    """Raise `InputError` where a workflow and a request do not fit: images or options that only one of them has."""
    if request.workflow_sha256 and request.workflow_sha256 != workflow.sha256:
        raise InputError(f"The workflow {workflow.name} was changed since.", next_step="Start the request again.")
    marks = _list_marks(request)
    unused = [mark for mark in marks if mark not in workflow.images]
    if unused:
        advice = "Give an image node such a title, or leave the image out."
        names = ", ".join(f"NB {mark.title()}" for mark in unused)
        raise InputError(f"The workflow {workflow.name} has no input for {names}.", next_step=advice)
    # A reference that is not given leaves the file that the workflow itself names.
    lacking = [mark for mark in workflow.images if mark not in marks and mark in (CAPTURE, *GUIDE_MARKS)]
    if lacking:
        names = ", ".join(mark.title() for mark in lacking)
        advice = "Switch on such a guide, or add such a reference; or remove the mark from the workflow's node."
        raise InputError(f"The workflow {workflow.name} wants an image for {names}.", next_step=advice)
    for mark, value in _list_options(request).items():
        if value not in ("", None) and mark not in workflow.values:
            advice = f'Give a node that takes it the title "NB {mark.title()}", or leave the option as it is.'
            raise InputError(f"The workflow {workflow.name} has no input for {mark.title()}.", next_step=advice)


def find_size(request: GenerationRequest) -> tuple[int, int]:
    """Pixels of the canvas: the edited area's, the capture's, else those of the model's size and ratio."""
    if request.region:
        return request.region.canvas
    if request.capture and request.capture.framing:
        return request.capture.framing.canvas
    model = models.find(request.model)
    sizes = model.list_pixel_sizes(request.image_size, request.aspect_ratio)
    return sizes[0] if sizes else (1024, 1024)


def _check(graph: Graph, output: str, given: set[Place], ask_classes: AskClasses) -> Generator[Step, Any, Plan]:
    """The plan, after a comparison with the server's classes and files; what they lack by default is added."""
    names = dict.fromkeys(str(node["class_type"]) for node in graph.values())
    classes = yield from ask_classes(names)
    if classes is None:
        return Plan(graph, output)
    if missing := list(find_missing(graph, classes, given)):
        message = " ".join(["This ComfyUI server cannot run the workflow.", *missing[:12]])
        next_step = "Install what is named on the server and restart it, or choose another workflow or model."
        raise NanoBananaError(ErrorKind.MODEL, message, next_step=next_step)
    add_defaults(graph, classes)
    return Plan(graph, output)


def _arrange(request: GenerationRequest) -> tuple[Reference, ...]:
    """All images: those of which the text speaks, and the mask, which acts by itself."""
    mask = prompts.find_mask(request)
    return (*prompts.arrange(request), *([mask] if mask else []))


def _list_marks(request: GenerationRequest) -> list[str]:
    references = _arrange(request)
    return name_images([(_find_role(reference, request), _find_guide(reference)) for reference in references])


def _find_role(reference: Reference, request: GenerationRequest) -> ReferenceRole:
    """An image that is changed is the structure, also where it is an earlier result."""
    has_structure = any(r.role is ReferenceRole.STRUCTURE for r in request.references)
    is_changed = request.kind is Kind.EDIT and reference.role is ReferenceRole.PREVIOUS and not has_structure
    return ReferenceRole.STRUCTURE if is_changed else reference.role


def _find_guide(reference: Reference) -> Guide | None:
    return find_guide(reference.label) if reference.role is ReferenceRole.GUIDE else None


def _list_options(request: GenerationRequest) -> dict[str, object]:
    return {
        "negative": request.negative_prompt,
        "seed": request.seed,
        "strength": request.strength,
        "steps": request.steps,
        "guidance": request.guidance,
    }


def _list_values(request: GenerationRequest, workflow: Workflow) -> dict[str, object]:
    """The values for a workflow's marks; options that are not set keep what the workflow says."""
    width, height = find_size(request)
    values = {mark: value for mark, value in _list_options(request).items() if value not in ("", None)}
    values |= {"prompt": request.prompt.strip(), "seed": _find_seed(request), "width": width, "height": height}
    return {mark: value for mark, value in values.items() if mark in workflow.values}


def _find_seed(request: GenerationRequest) -> int:
    """The seed: the request's, another for each variant; without one any. The same graph again would paint nothing."""
    return uuid.uuid4().int % _SEEDS if request.seed is None else request.seed + request.variant
