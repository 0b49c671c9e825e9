# SPDX-License-Identifier: GPL-3.0-or-later
"""The text that is sent: the role of each image, in order, the prompt, and what must not change.

Gemini's API has no field for the role of an image, no mask and no strength: all of it is expressed in the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .. import models
from ..constants import ANCHOR, SHEET, EditMode, Kind, ReferenceRole
from ..guides import Guide, find_guide
from ..models import Manner
from ..request import GenerationRequest, Reference, structure_last
from ..scene.capture import SceneNote

#: Longer prompts are refused before sending; the models read 65 536 tokens at most.
MAX_PROMPT_CHARACTERS = 32_000

_ROLE_SENTENCES: dict[ReferenceRole, str] = {
    ReferenceRole.STYLE: (
        "is a style reference{label}: take its technique, palette and mood from it, not its content."
    ),
    ReferenceRole.CHARACTER: (
        "is a character reference{label}: keep this character's face, build and clothing wherever it appears."
    ),
    ReferenceRole.OBJECT: (
        "is an object reference{label}: keep its shape, proportions and details wherever it appears."
    ),
    ReferenceRole.PLACE: (
        "is a place reference{label}: keep this place's architecture, furnishings and surfaces wherever it appears,"
        " not the reference's camera."
    ),
    ReferenceRole.MATERIAL: (
        "is a material reference{label}: use this surface, its colour and its grain where it fits."
    ),
    ReferenceRole.GUIDE: (
        "is a guide{label} of exactly the same view as the last picture: it shows where things are, not how they look."
    ),
}

#: What an earlier frame of a storyboard is, and what is taken from it: fully or partly.
_FRAMES = {
    "": "the picture that came before this one{label}",
    ANCHOR: "the picture that sets the look of all shots{label}",
    SHEET: "a sheet of earlier shots of the same story{label}; draw neither the sheet nor its captions",
}
_TAKEN = (
    "keep its look, its light and whoever is in it.",
    "keep its style and whoever is in it, but not its light, its place or its moment.",
)

_STRUCTURE_SENTENCES: dict[Kind, str] = {
    Kind.RESTYLE: "is a render of the 3D scene. Repaint it.",
    Kind.STORYBOARD: "is a render of this shot. Repaint it as a finished storyboard frame.",
    Kind.TEXTURE: "shows the shape or layout that the texture is for.",
    Kind.EDIT: "is the picture to change.",
    Kind.VIEW: "is an unpainted view of a 3D object. Paint the object's surface.",
}

_KEEP_IN_PLACE = (
    "Keep the last picture's camera, framing and composition exactly: every object stays at its position,"
    " in its size and with its outline, so that the answer lies over it pixel for pixel."
    " Fill the whole picture, without border, caption or watermark."
)
_KEEP_EACH_IN_PLACE = (
    "Each keeps the camera, framing and composition of its own image exactly: every object stays at its position,"
    " in its size and with its outline, so that it lies over it pixel for pixel."
    " Fill each whole picture, without border, caption or watermark."
)
_MATCHING = "The pictures match: the same look, palette and light, and whoever is in them is the same."
#: Of the guide that shows what a masked edit changes, and the end of its text.
REGION_LABEL = "the last picture with a red line around the area that changes"
#: What a model without masks is told of the area, and one with.
_REGION_SENTENCES: dict[EditMode, tuple[str, str]] = {
    EditMode.CHANGE: (
        "Change only the area inside the red line, and do not draw the line.",
        "Change only the masked area.",
    ),
    EditMode.REMOVE: (
        "Remove what is inside the red line, its shadow and reflection there included, and show what lies behind it;"
        " put nothing new in its place, and do not draw the line.",
        "Remove what is in the masked area, and show what lies behind it; put nothing new in its place.",
    ),
    EditMode.FILL: (
        "The magenta area of the last picture is empty: fill it so that it continues its surroundings without a seam."
        " Leave no magenta, and change nothing outside of it.",
        "The masked area is empty: fill it so that it continues its surroundings without a seam.",
    ),
    EditMode.EXTEND: (
        "The magenta border lies beyond the picture: continue the scene into it with the same perspective, light and"
        " style, without a seam. Leave no magenta, and change nothing inside of the border.",
        "The masked border lies beyond the picture: continue the scene into it without a seam.",
    ),
}
#: The prompt of an edit for which the artist has written none; "" is one that needs words.
EDIT_PROMPTS: dict[EditMode, str] = {
    EditMode.CHANGE: "",
    EditMode.FILL: "Fill the empty area to suit.",
    EditMode.REMOVE: "Remove what is in the marked area.",
    EditMode.EXTEND: "Continue the picture beyond its borders.",
}
_REGION_CLOSING = "Keep the last picture's framing and scale; everything else stays identical, pixel for pixel."
#: What a marked copy of the last picture shows besides it.
_NUMBERS, _STROKES = "numbered marks", "drawn strokes"
_ABOUT_NUMBERS = (
    "The numbered marks in image {} point at what these instructions are for."
    " Do not draw the marks, their lines or their numbers:"
)
_ABOUT_STROKES = "The strokes drawn in image {} show where and what is meant. Do not draw the strokes themselves."
_COLUMNS, _ROWS = ("at the left", "in the middle", "at the right"), ("upper third", "middle third", "lower third")
_CLOSING: dict[Kind, str] = {
    Kind.RESTYLE: _KEEP_IN_PLACE,
    Kind.STORYBOARD: _KEEP_IN_PLACE,
    Kind.EDIT: "Change only what is asked for; everything else stays as it is.",
    Kind.TEXTURE: (
        "Paint a flat texture seen straight on that fills the whole picture evenly: no perspective,"
        " no objects, no border, no shadows or highlights of a particular light."
    ),
    Kind.VIEW: (
        _KEEP_IN_PLACE + " Paint the surface itself in flat, even light: no cast shadows, no highlights,"
        " no background scenery."
    ),
}


#: Of a part of a view that is generated again for its detail: what it is, what is asked for, and the end of the text.
_DETAIL_SENTENCE = "is a part of a view of a textured 3D object, enlarged: it is painted already, but soft."
_DETAIL_PROMPT = (
    "The last picture shows only a part of that. Paint it again, sharp and with the fine detail that such surfaces have"
    " when they are seen from near: grain, pores, fibres, scratches, crisp edges. Add nothing else: what is there stays"
    " what it is, at its place, in its size, with its colour and its brightness."
)
_DETAIL_CLOSING = " Move, add and remove nothing, and change neither light nor colours."


def describe_detail(words: str) -> str:
    """The prompt for a part of a view of a texture that was made for `words`."""
    return f"{words.strip()}\n\n{_DETAIL_PROMPT}".strip()


#: What an image must be so that a material can be made of it.
_SURFACE = (
    "A seamless, tileable surface: what leaves the picture at the right continues at the left, and below at the top."
    " It is lit evenly from everywhere, so that only its own colours show, and it has about the same detail everywhere:"
    " no single feature that would show as a repetition."
)


def describe_surface(words: str) -> str:
    """The prompt for the image of a material; words that are one already stay as they are."""
    words = words.strip()
    return words if words.endswith(_SURFACE) else f"{words}\n\n{_SURFACE}".strip()


def find_mask(request: GenerationRequest) -> Reference | None:
    """The guide Mask, where the model takes a mask as such; None where it is an image like others, or there is none."""
    if not models.find(request.model).mask:
        return None
    guides = (r for r in request.references if r.role is ReferenceRole.GUIDE)
    return next((guide for guide in guides if find_guide(guide.label) is Guide.MASK), None)


def name_marked_copy(*, numbers: bool, strokes: bool) -> str:
    """The label of the guide that shows the last picture with marks on it."""
    return "the last picture with " + " and ".join([_NUMBERS] * numbers + [_STROKES] * strokes)


def arrange(request: GenerationRequest) -> tuple[Reference, ...]:
    """The images in the order of sending: STRUCTURE last, or first for models that change the first image.

    Without a mask that goes as such.
    """
    mask = find_mask(request)
    ordered = structure_last(tuple(r for r in request.references if r is not mask))
    if models.find(request.model).structure_first and _has_structure(ordered):
        return (ordered[-1], *ordered[:-1])
    return ordered


def find_ratio(request: GenerationRequest) -> str:
    """The ratio that was asked for, else that of the last image where the model follows it exactly; "" for neither."""
    images = structure_last(request.references)
    if request.aspect_ratio or not images or not images[-1].height:
        return request.aspect_ratio
    return models.find(request.model).follow_frame(images[-1].width, images[-1].height)


def compose(request: GenerationRequest) -> str:
    """The whole text of the user's turn, in the manner of the model.

    As an instruction: pictures by number and role in the order of `arrange`, the prompt, what must stay. As a caption:
    the prompt alone, with the model's parameters at its end if it has such.
    """
    model = models.find(request.model)
    if model.manner is Manner.MIDJOURNEY:
        return _add_parameters(request)
    if model.manner is Manner.CAPTION:
        return _compose_caption(request)
    references = arrange(request)
    kind = _find_task(request)
    described = _describe_references(references, request)
    has_closing = _has_structure(references) or kind in (Kind.TEXTURE, Kind.EDIT)
    closing = _close(request) if has_closing else ""
    if model.structure_first:
        described, closing = (text.replace("last picture", "first picture") for text in (described, closing))
    if request.count > 1:
        closing = _close_series(request.count, references, closing)
    marks = _describe_marks(request, references)
    return "\n\n".join(part for part in (described, request.prompt.strip(), *marks, closing) if part)


def _find_task(request: GenerationRequest) -> Kind:
    """What is done with the last picture; a sheet of grey maps is a change of the views that it is made of."""
    return Kind.EDIT if request.texture and request.texture.panels else request.kind


def _describe_marks(request: GenerationRequest, references: Sequence[Reference]) -> Iterator[str]:
    """What the marks on a copy of the image mean."""
    guides = [(n, r.label) for n, r in enumerate(references, start=1) if r.role is ReferenceRole.GUIDE]
    for number, label in guides:
        if request.scene_notes and _NUMBERS in label:
            lines = (f"{note.number} ({_find_third(note)}): {note.text}" for note in request.scene_notes)
            yield "\n".join([_ABOUT_NUMBERS.format(number), *lines])
        if _STROKES in label:
            yield _ABOUT_STROKES.format(number)


def _find_third(note: SceneNote) -> str:
    column, row = (min(max(int(share * 3), 0), 2) for share in (note.x, note.y))
    return f"{_COLUMNS[column]}, {_ROWS[row]}"


def _compose_caption(request: GenerationRequest) -> str:
    """The prompt, and the notes by their places, because such a model is not told what an image is."""
    prompt = request.prompt.strip()
    if not request.scene_notes:
        return prompt
    sentences = (f"{_find_third(note).capitalize()}: {note.text.rstrip('.')}." for note in request.scene_notes)
    return " ".join([prompt.rstrip(".") + ".", *sentences])


def _close_series(count: int, references: Sequence[Reference], closing: str) -> str:
    """The end of a text that asks for several images: variants, or one for each image whose layout is followed."""
    numbers = [n for n, r in enumerate(references, start=1) if r.role is ReferenceRole.STRUCTURE]
    if len(numbers) < 2:
        return f"{closing} Generate {count} different pictures of this. {_MATCHING}".strip()
    listed = ", ".join(f"Image {number}" for number in numbers)
    return f"Generate {count} pictures in this order: one for each of {listed}. {_KEEP_EACH_IN_PLACE} {_MATCHING}"


def _close(request: GenerationRequest) -> str:
    if _shows_detail(request):
        return _KEEP_IN_PLACE + _DETAIL_CLOSING
    if not request.region:
        return _CLOSING[_find_task(request)]
    for_models = _REGION_SENTENCES[request.region.mode]
    return f"{for_models[find_mask(request) is not None]} {_REGION_CLOSING}"


def _add_parameters(request: GenerationRequest) -> str:
    """Midjourney's own syntax. Words of the artist that would be parameters lose their dashes."""
    words, negative = (
        " ".join(text.replace("--", " ").replace("\u2014", " ").split())
        for text in (_compose_caption(request), request.negative_prompt)
    )
    ratio = find_ratio(request)
    shape = f"--ar {ratio}" if ratio else ""
    seed = f"--seed {request.seed}" if request.seed is not None else ""
    return " ".join(part for part in (words, shape, seed, f"--no {negative}" if negative else "") if part)


def _has_structure(references: Sequence[Reference]) -> bool:
    return any(r.role is ReferenceRole.STRUCTURE for r in references)


def _shows_detail(request: GenerationRequest) -> bool:
    return request.texture is not None and any(tile.detail for tile in request.texture.shown)


def _describe_references(references: Sequence[Reference], request: GenerationRequest) -> str:
    return "\n".join(
        f"Image {number} {_compose_sentence(reference, request)}"
        for number, reference in enumerate(references, start=1)
    )


def _compose_sentence(reference: Reference, request: GenerationRequest) -> str:
    kind = _find_task(request)
    if reference.role is ReferenceRole.STRUCTURE:
        return _DETAIL_SENTENCE if _shows_detail(request) else _STRUCTURE_SENTENCES[kind]
    if reference.role is ReferenceRole.PREVIOUS and kind is Kind.EDIT:
        return _STRUCTURE_SENTENCES[kind]
    label = f" ({reference.label})" if reference.label else ""
    sentence = _ROLE_SENTENCES.get(reference.role) or (
        f"is {_FRAMES.get(reference.frame, _FRAMES[''])}: {_TAKEN[reference.partly]}"
    )
    return sentence.format(label=label.replace("{", "(").replace("}", ")"))
