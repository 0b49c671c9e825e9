# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist's own workflow: which of its nodes take the images, the prompt and the options, and which gives the result.

Titles say it ("NB Capture", "NB Depth", "NB Prompt", "NB Result" ...); what is not marked is taken where there is only
one possibility, and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from ...core.constants import ReferenceRole
from ...core.errors import InputError
from ...core.guides import Guide
from .graph import Graph, Place, get_inputs, get_title, is_image_loader, is_link, read_graph

CAPTURE = "capture"
_MARK = re.compile(r"\s*(?:nb|nano banana)[\s:_-]+(.*?)\s*", re.IGNORECASE)
#: Names of inputs that take a value, by mark. A node that only holds a value has "value".
_TEXTS = ("text", "prompt", "value", "string", "text_g", "text_l", "clip_l", "t5xxl")
_VALUES: Mapping[str, tuple[str, ...]] = {
    "prompt": _TEXTS,
    "negative": _TEXTS,
    "seed": ("seed", "noise_seed", "value"),
    "width": ("width", "value"),
    "height": ("height", "value"),
    "strength": ("denoise", "strength", "value"),
    "steps": ("steps", "value"),
    "guidance": ("cfg", "guidance", "value"),
}
_ROLES = tuple(role.value.lower() for role in ReferenceRole if role is not ReferenceRole.STRUCTURE)
GUIDE_MARKS = tuple(guide.value.lower() for guide in Guide)
_IMAGES = (CAPTURE, *GUIDE_MARKS, *_ROLES)
_SYNONYMS = {"normals": "normal", "object id": "identity", "negative prompt": "negative"}
_OUTPUTS = ("SaveImage", "PreviewImage")
_ADVICE = "Change the nodes' titles in ComfyUI and export the workflow again."


@dataclass(frozen=True)
class Workflow:
    """A graph and its marked places. `images` by mark, such as "capture", "depth" and "style 2"; `output` is a node."""

    name: str
    graph: Graph
    sha256: str
    output: str
    images: dict[str, list[Place]] = field(default_factory=dict[str, list[Place]])
    values: dict[str, list[Place]] = field(default_factory=dict[str, list[Place]])

    def fill(self, images: Mapping[str, str], values: Mapping[str, object]) -> Graph:
        """The graph with names of images on the server and values at the places of their marks."""
        graph = deepcopy(self.graph)
        for places, given in ((self.images, images), (self.values, values)):
            for mark, value in given.items():
                for ident, name in places.get(mark, ()):
                    graph[ident]["inputs"][name] = value
        return graph


def read_workflow(path: Path) -> Workflow:
    """A workflow from its file. Raises `InputError` with what is missing or ambiguous in it."""
    graph, sha256 = read_graph(path)
    marks = dict(_list_marks(graph))
    images: dict[str, list[Place]] = {}
    values: dict[str, list[Place]] = {}
    for ident, mark in marks.items():
        _bind(graph, ident, mark, images, values)
    _bind_image(graph, marks, images)
    for mark, places in _find_unmarked(graph).items():
        values.setdefault(mark, places)
    return Workflow(path.name, graph, sha256, _find_output(graph, marks), images, values)


def name_images(labels: Sequence[tuple[ReferenceRole, Guide | None]]) -> list[str]:
    """The marks of images by their role and guide, in order; a second style is "style 2"."""
    counts: dict[str, int] = {}
    marks: list[str] = []
    for role, guide in labels:
        mark = guide.value.lower() if guide else role.value.lower()
        mark = CAPTURE if role is ReferenceRole.STRUCTURE else mark
        counts[mark] = counts.get(mark, 0) + 1
        marks.append(mark if counts[mark] == 1 else f"{mark} {counts[mark]}")
    return marks


def _list_marks(graph: Graph) -> Iterator[tuple[str, str]]:
    """The marked nodes with their marks, "1" left out."""
    for ident, node in graph.items():
        found = _MARK.fullmatch(get_title(node))
        if not found:
            continue
        words = " ".join(found[1].lower().split())
        name, number = re.fullmatch(r"(.*?)\s*(\d*)", words).groups()  # pyright: ignore[reportOptionalMemberAccess]
        name = _SYNONYMS.get(name, name)
        if name not in (*_IMAGES, *_VALUES, "size", "result"):
            known = ", ".join(("Capture", *(m.title() for m in (*_IMAGES[1:], *_VALUES)), "Size", "Result"))
            message = f'The title "{get_title(node)}" marks nothing that is known.'
            raise InputError(message, next_step=f"After NB may stand: {known}.")
        yield ident, name if number in ("", "1") else f"{name} {number}"


def _bind(graph: Graph, ident: str, mark: str, images: dict[str, list[Place]], values: dict[str, list[Place]]) -> None:
    name = mark.split(" ")[0]
    if name == "result":
        return
    wanted = {"width": ("width",), "height": ("height",)} if name == "size" else {mark: _VALUES.get(name, ("image",))}
    for key, names in wanted.items():
        free = [(ident, n) for n in names if n in (inputs := get_inputs(graph[ident])) and not is_link(inputs[n])]
        if not free:
            title, options = get_title(graph[ident]), ", ".join(names)
            raise InputError(f'The node "{title}" has no free input {options}.', next_step=_ADVICE)
        (images if name in _IMAGES else values).setdefault(key, []).extend(
            free if name in ("prompt", "negative") else free[:1]
        )


def _bind_image(graph: Graph, marks: Mapping[str, str], images: dict[str, list[Place]]) -> None:
    """The only unmarked image is the capture, unless one is marked; then unmarked ones keep their own files."""
    if CAPTURE in images:
        return
    unmarked = [ident for ident, node in graph.items() if is_image_loader(node) and ident not in marks]
    unmarked = [ident for ident in unmarked if not is_link(get_inputs(graph[ident]).get("image"))]
    if len(unmarked) > 1:
        titles = ", ".join(f'"{get_title(graph[ident])}" ({ident})' for ident in unmarked)
        message = f"The workflow has {len(unmarked)} image inputs, and none is marked as the captured image: {titles}."
        raise InputError(message, next_step=f'Give that node the title "NB Capture". {_ADVICE}')
    for ident in unmarked:
        images[CAPTURE] = [(ident, "image")]


def _find_output(graph: Graph, marks: Mapping[str, str]) -> str:
    marked = [ident for ident, mark in marks.items() if mark == "result"]
    found = marked or [ident for ident, node in graph.items() if node["class_type"] in _OUTPUTS]
    if len(found) != 1:
        message = "The workflow saves no image." if not found else f"The workflow has {len(found)} results."
        raise InputError(message, next_step=f'Give one Save Image or Preview Image the title "NB Result". {_ADVICE}')
    return found[0]


def _find_unmarked(graph: Graph) -> dict[str, list[Place]]:
    """What is certain without a mark: texts by the samplers' links, all seeds, and what only one node has."""
    found = {mark: list(_find_free(graph, _VALUES[mark][:-1])) for mark in ("seed", "steps", "guidance")}
    found["strength"] = list(_find_free(graph, ("denoise",)))
    found = {mark: places for mark, places in found.items() if len(places) == 1 or (places and mark == "seed")}
    texts = {sign: set(_find_texts(graph, sign)) for sign in ("positive", "negative")}
    texts["negative"] -= texts["positive"]
    for mark, sign in (("prompt", "positive"), ("negative", "negative")):
        if len({ident for ident, _name in texts[sign]}) == 1:
            found[mark] = sorted(texts[sign])
    return found


def _find_free(graph: Graph, names: Sequence[str]) -> Iterator[Place]:
    for ident, node in graph.items():
        inputs = get_inputs(node)
        yield from ((ident, name) for name in names if name in inputs and not is_link(inputs[name]))


def _find_texts(graph: Graph, sign: str) -> Iterator[Place]:
    """The texts that reach a sampler or guider under a sign; a guider without signs has one conditioning."""
    for ident, node in graph.items():
        inputs = get_inputs(node)
        is_end = re.search("sampler|guider", str(node["class_type"]), re.IGNORECASE)
        start = sign if sign in inputs else "conditioning" if sign == "positive" else ""
        if is_end and is_link(inputs.get(start)):
            yield from _follow(graph, inputs[start][0], sign, {ident})


def _follow(graph: Graph, ident: str, sign: str, seen: set[str]) -> Iterator[Place]:
    if ident in seen or ident not in graph:
        return
    seen.add(ident)
    inputs = get_inputs(graph[ident])
    free = [(ident, name) for name in _TEXTS if isinstance(inputs.get(name), str)]
    if free:
        yield from free
        return
    for name, value in inputs.items():
        if is_link(value) and (name in (sign, *_TEXTS) or name.startswith("conditioning")):
            yield from _follow(graph, value[0], sign, seen)
