# SPDX-License-Identifier: GPL-3.0-or-later
"""Records that did not come from this store's own database, checked as what a stranger wrote.

Numbers must lie within `core.bounds`, ids must be such as the store makes, and every file must lie in the record's own
folder, not behind a link. Where a file goes in the store is decided here, never by the record.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, cast

from ..core import bounds, serial
from ..core.constants import END_STATES
from ..core.errors import NanoBananaError
from ..core.files import compute_sha256
from ..core.image_types import RECEIVED_TYPES, find_suffix, find_type
from ..core.request import GenerationRequest, Reference
from ..core.result import Answer, Generation, Picture
from .database import records
from .database.changes import ID
from .files import pictures, sidecar
from .files.layout import Home

_MAX_PICTURES = 64
#: How the panel stood, but for what names files of a computer.
_LOCAL_CHOICES = frozenset({"source_image"})


class Refused(Exception):
    """Why a record or a file is not taken, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file to copy into the store."""

    source: Path
    target: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """A checked generation, its files at their places in the store, and what had to be left out, in words."""

    generation: Generation
    files: tuple[ImportFile, ...] = ()
    left_out: tuple[str, ...] = ()


def read_record(path: Path) -> dict[str, Any] | None:
    """The plain values of a generation in a record's file; None for a file that is no record. Raises `Refused`."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > bounds.MAX_RECORD_BYTES:
            raise Refused("its record is no file of a sensible size")
        plain = json.loads(path.read_bytes())
        if not isinstance(plain, dict) or "generation" not in plain:
            return None
        found = cast("dict[str, Any]", plain)["generation"]
        bounds.check_values(found)
    except (OSError, *records.UNREADABLE) as error:
        raise Refused("its record is damaged") from error
    if not isinstance(found, dict):
        raise Refused("its record is damaged")
    return cast("dict[str, Any]", found)


def check_own(places: Home, path: Path) -> ImportEntry:
    """The entry of a record beside an image of this store. Raises `Refused`.

    Its images must have names of its own, because deleting it deletes them; what else lies elsewhere is left out.
    """
    generation, answer = _read(read_record(path) or {}, own=True)
    own = places.results.resolve()
    for picture in answer.pictures:
        file = places.root / _relative(picture.path)
        if file.resolve().parent.parent != own or not file.name.startswith(generation.id):
            raise Refused("its image is not in its place")
    thumbnail = places.find_thumbnail(generation.id)
    return ImportEntry(
        replace(
            sidecar.map_paths(generation, lambda path: str(places.root / path) if _is_inside(path) else ""),
            thumbnail=str(thumbnail) if generation.thumbnail else "",
        )
    )


def check_foreign(places: Home, root: Path, plain: dict[str, Any], *, verify: bool) -> ImportEntry:
    """The entry of a record of another history, whose files lie below `root`. Raises `Refused`.

    `verify` also compares each file's SHA-256 with the record's, for which it is read to its end.
    """
    generation, answer = _read(_clean_texts(plain))
    request = generation.request
    for path in filter(None, (generation.thumbnail, answer.turn)):
        _relative(path)  # who names files of others here does not do so by accident
    files: list[ImportFile] = []
    left_out: list[str] = []
    kept: list[Picture] = []
    for number, picture in enumerate(answer.pictures, 1):
        source = find_file(root, picture.path)
        _check_picture(source, picture)
        target = pictures.place_picture(places, generation, number, picture)
        files.append(ImportFile(source, target, _hash(source, picture.sha256, verify=verify)))
        kept.append(replace(picture, path=str(target)))
    references: list[Reference] = []
    for reference in request.references:
        try:
            file = _place_reference(places, root, reference.path, reference.sha256, verify=verify)
        except Refused as reason:
            left_out.append(f"the reference {reference.label or reference.role.title()}: {reason}")
        else:
            files.append(file)
            references.append(replace(reference, path=str(file.target)))
    request, others = _take_kept(places, root, request, left_out, verify=verify)
    turn = _take_turn(places, root, generation, answer.turn, references, left_out)
    files += [*others, *filter(None, [turn])]
    request = _disarm(replace(request, references=tuple(references)))
    answer = replace(answer, pictures=tuple(kept), turn=str(turn.target) if turn else "")
    checked = replace(generation, request=request, answer=answer, thumbnail="", imported=True)
    return ImportEntry(checked, tuple(dict.fromkeys(files)), tuple(left_out))


def _read(plain: dict[str, Any], *, own: bool = False) -> tuple[Generation, Answer]:
    try:
        generation = serial.from_plain(Generation, plain)
    except records.UNREADABLE as error:
        raise Refused("its record is damaged") from error
    references = tuple(replace(r, label=r.label[: bounds.MAX_LABEL]) for r in generation.request.references)
    generation = replace(generation, request=replace(generation.request, references=references))
    answer = generation.answer
    if own and answer:  # what was paid for is not lost to an impossible count
        usd = generation.cost_usd if bounds.is_within(generation.cost_usd, bounds.MAX_COST_USD) else None
        answer = answer.limit_counts()
        generation = replace(generation, answer=answer, cost_usd=usd)
    if not ID.fullmatch(generation.id):
        raise Refused("its ID is not one that a history makes")
    if generation.state not in END_STATES or not answer or not answer.pictures:
        raise Refused("it has no images")
    if generation.request.continues and not ID.fullmatch(generation.request.continues):
        raise Refused("the ID of the image that it continues is not one that a history makes")
    if wrong := _find_wrong_number(generation, answer):
        raise Refused(f"its {wrong} is out of range")
    return generation, answer


def _find_wrong_number(generation: Generation, answer: Answer) -> str:
    is_within = bounds.is_within
    times = (generation.created, generation.sent, generation.ended, generation.changed, generation.retry_at)
    counts = astuple(answer.usage)[:-1] if answer.usage else ()
    found = answer.pictures
    tests = {
        "time": all(is_within(time, bounds.MAX_TIME) for time in times),
        "number of attempts": is_within(generation.tries, bounds.MAX_TRIES),
        "progress": is_within(generation.progress, 1),
        "cost": generation.cost_usd is None or is_within(generation.cost_usd, bounds.MAX_COST_USD),
        "estimated cost": is_within(generation.estimate_usd, bounds.MAX_COST_USD),
        "count of tokens": all(is_within(count, bounds.MAX_TOKENS) for count in counts),
        "number of images": len(found) <= _MAX_PICTURES and is_within(generation.request.count, _MAX_PICTURES, 1),
        "image size": all(min(p.width, p.height) > 0 and p.width * p.height <= bounds.MAX_PIXELS for p in found),
        "file size": all(is_within(p.byte_count, bounds.MAX_IMAGE_BYTES, 1) for p in found),
    }
    return next((name for name, is_right in tests.items() if not is_right), "")


def _clean_texts(value: Any) -> Any:
    """Values without lone surrogates in their texts, which Blender cannot show."""
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value)
        return {records.clean(name): _clean_texts(item) for name, item in entries.items()}
    if isinstance(value, list):
        return [_clean_texts(item) for item in cast("list[object]", value)]
    return records.clean(value) if isinstance(value, str) else value


def _relative(path: str) -> PurePosixPath:
    """A record's path below its folder. Raises `Refused` for any other."""
    found, windows = PurePosixPath(path), PureWindowsPath(path)
    if not path or found.is_absolute() or windows.drive or windows.root or ".." in (*found.parts, *windows.parts):
        raise Refused("its file lies outside of the folder")
    return found


def _is_inside(path: str) -> bool:
    try:
        return bool(_relative(path))
    except Refused:
        return False


def find_file(root: Path, path: str) -> Path:
    """The file that a record names below its folder. Raises `Refused` for any other, a link, and a missing one."""
    file = root.resolve() / _relative(path)
    if file.resolve() != file:
        raise Refused("its file is a link")
    if not file.is_file():
        raise Refused("its file is missing")
    return file


def _check_picture(file: Path, picture: Picture) -> None:
    is_known = find_type(picture.mime_type) in RECEIVED_TYPES and file.stat().st_size == picture.byte_count
    if not is_known or _sniff(file) != (picture.mime_type, picture.width, picture.height):
        raise Refused("its image is not what the record says")


def _sniff(file: Path) -> tuple[str, int, int]:
    """The type and size of an image by its bytes. Raises `Refused` for any other file."""
    from ..imaging.formats.sniff import sniff  # not when the store is opened: importing costs time

    try:
        info = sniff(file)
    except NanoBananaError as error:
        raise Refused("its file is no image") from error
    return info.mime_type, info.width, info.height


def _hash(file: Path, stated: str, *, verify: bool) -> str:
    if not verify:
        return stated
    try:
        found = compute_sha256(file)
    except OSError as error:
        raise Refused("its file cannot be read") from error
    if stated and stated != found:
        raise Refused("its file was changed since it was recorded")
    return found


def _place_reference(places: Home, root: Path, path: str, stated: str, *, verify: bool) -> ImportFile:
    source = find_file(root, path)
    if source.stat().st_size > bounds.MAX_IMAGE_BYTES:
        raise Refused("its file is too large")
    sha256 = _hash(source, stated, verify=verify)
    return ImportFile(source, places.references / f"{sha256}{find_suffix(_sniff(source)[0])}", sha256)


def _take_kept(
    places: Home, root: Path, request: GenerationRequest, left_out: list[str], *, verify: bool
) -> tuple[GenerationRequest, list[ImportFile]]:
    """The request with its capture's mask and its edited image as they lie here, and those files; without lost ones."""
    capture, region = request.capture, request.region
    files: list[ImportFile] = []

    def take(path: str, name: str) -> str:
        try:
            files.append(_place_reference(places, root, path, "", verify=verify))
        except Refused as reason:
            left_out.append(f"the {name}: {reason}")
            return ""
        return str(files[-1].target)

    if capture and capture.mask:
        capture = replace(capture, mask=take(capture.mask, "mask"))
    if region:
        region = replace(region, image=take(region.image, "edited image"), mask=take(region.mask, "edit's mask"))
        region = region if region.image and region.mask else None
    return replace(request, capture=capture, region=region), files


def _take_turn(
    places: Home, root: Path, generation: Generation, path: str, references: list[Reference], left_out: list[str]
) -> ImportFile | None:
    """The turn of a conversation, if what it would send again is part of the import."""
    from ..wire.contract.turn_record import read_turn

    if not path:
        return None
    try:
        source = find_file(root, path)
        turn, known = read_turn(source), {Path(reference.path).name for reference in references}
        if turn.continues not in ("", generation.request.continues):
            raise Refused("it continues another conversation")
        if not known.issuperset(PureWindowsPath(picture.path).name for picture in turn.pictures):
            raise Refused("it names a file that is not part of it")
        return ImportFile(source, places.turns / generation.id, compute_sha256(source))
    except (Refused, OSError, *records.UNREADABLE) as reason:
        left_out.append(f"the turn of the conversation: {reason}")
        return None


def _disarm(request: GenerationRequest) -> GenerationRequest:
    """The request without names of this computer's files, and without needs, which an ended one has not."""
    choices = {name: value for name, value in request.choices.items() if name not in _LOCAL_CHOICES}
    return replace(request, choices=choices, needs=())
