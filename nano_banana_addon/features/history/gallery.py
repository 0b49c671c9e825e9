# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery's page and the chosen generation, from the store into the session's properties."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...blender.host import folders
from ...core import details as details_of
from ...core.request import Kind, ReferenceRole
from ...core.result import UNDER_WAY, Generation, State
from ...session import panel_state, session, thumbnails
from ...storage.database.query import HistoryQuery
from ...storage.files.layout import Home
from ...storage.store import Store

PAGE = 24
_ALL = "ALL"


def group() -> Any:
    """The gallery's properties."""
    return panel_state.group().history


def store_if_any() -> Store | None:
    """The store, if there is one: looking must not make one."""
    if opened := session.opened():
        return opened.store
    return session.current().store if Home(folders.home()).database.is_file() else None


def query() -> HistoryQuery:
    """What the gallery's filters ask for."""
    shown = group()
    states = {_ALL: frozenset[State](), "UNDER_WAY": UNDER_WAY}
    return HistoryQuery(
        text=shown.text,
        project=shown.project or None,
        favourite=True if shown.favourite else None,
        kind=None if shown.kind == _ALL else Kind(shown.kind),
        states=states[shown.state] if shown.state in states else frozenset({State(shown.state)}),
    )


def filters_changed() -> None:
    """Show the first page of what the filters find."""
    group().page = 0
    refill()


def turn_page(step: int) -> None:
    """Go some pages on or back, within what there is."""
    shown = group()
    shown.page = max(min(shown.page + step, page_count() - 1), 0)
    refill()


def page_count() -> int:
    """How many pages there are; at least one."""
    return max(-(-group().total // PAGE), 1)


def refill() -> None:
    """Read the shown page again, and its icons; milliseconds, also with ten thousand generations."""
    store = store_if_any()
    shown = group()
    page = _read_page(store, shown) if store else []
    if store is None:
        shown.total = shown.page = 0
    shown.entries.clear()
    for generation in page:
        _fill(shown.entries.add(), generation)
    _list_projects(shown, store.projects() if store else [])
    icons = [entry.thumbnail for entry in shown.entries]
    thumbnails.show_page([*icons, *_detail_icons(shown.details)])
    panel_state.redraw()


def _read_page(store: Store, shown: Any) -> list[Generation]:
    """The page's generations; notes how many there are in all. A page that is not full tells that by itself:
    searching through ten thousand a second time would double the wait."""
    asked = query()
    page = store.page(asked, shown.page * PAGE, PAGE)
    if page and len(page) < PAGE:
        shown.total = shown.page * PAGE + len(page)
        return page
    shown.total = store.count(asked) if page or shown.page else 0
    if page or not shown.page:
        return page
    shown.page = page_count() - 1
    return store.page(asked, shown.page * PAGE, PAGE)


def refresh() -> None:
    """After a generation has changed: the page and the details again, if they were ever shown."""
    refill()
    if chosen := group().details.name:
        choose(chosen)


def choose(generation_id: str) -> None:
    """Show the details of a generation; of none for one that is gone."""
    store = store_if_any()
    found = store.get(generation_id) if store else None
    shown = group()
    _fill_details(shown.details, found)
    paths = [entry.thumbnail for entry in shown.entries]
    thumbnails.show_page([*paths, *_detail_icons(shown.details)])
    panel_state.redraw()


def _detail_icons(details: Any) -> list[str]:
    return [details.thumbnail, *(reference.path for reference in details.references)]


def _list_projects(shown: Any, names: list[str]) -> None:
    if [item.name for item in shown.projects] != names:
        shown.projects.clear()
        for name in names:
            shown.projects.add().name = name


def small_picture(generation: Generation) -> str:
    """The thumbnail, or the picture itself where somebody cleared the thumbnails away; "" for none."""
    if not generation.thumbnail or Path(generation.thumbnail).is_file():
        return generation.thumbnail
    picture = generation.answer.result if generation.answer else None
    return picture.path if picture else ""


def _fill(entry: Any, generation: Generation) -> None:
    entry.name = generation.id
    entry.title = details_of.title(generation)
    entry.state = generation.state.value
    entry.thumbnail = small_picture(generation)
    entry.favourite = generation.favourite
    entry.offline = generation.offline_preview


def _fill_details(details: Any, generation: Generation | None) -> None:
    details.facts.clear()
    details.references.clear()
    details.name = details.thumbnail = ""
    if generation is None:
        return
    request, answer = generation.request, generation.answer
    details.name = generation.id
    details.title = details_of.title(generation)
    details.prompt = request.prompt
    details.system_instruction = request.system_instruction
    details.state = generation.state.value
    details.message = details_of.outcome(generation)
    details.provenance = details_of.provenance(generation)
    details.thumbnail = small_picture(generation)
    details.favourite = generation.favourite
    details.offline = generation.offline_preview
    details.has_picture = bool(answer and answer.result)
    for name, value in details_of.facts(generation):
        fact = details.facts.add()
        fact.name, fact.value = name, value
    for reference in request.references:
        used = details.references.add()
        used.name = reference.label or Path(reference.path).name
        used.role = ReferenceRole(reference.role).title()
        used.path, used.note = reference.path, reference.prepared


def set_favourite(generation_id: str, favourite: bool) -> None:
    """Mark a generation, which is then never cleaned up."""
    session.current().store.set_favourite(generation_id, favourite)
    refresh()


def delete(generation_id: str) -> None:
    """Remove a generation and its files in the store. Raises `NanoBananaError` while it is under way."""
    session.current().store.delete(generation_id)
    panel_state.drop(generation_id)
    shown = group()
    if shown.compared == generation_id:
        shown.compared = ""
    refresh()


def shown_in(space: bpy.types.Space | None) -> str:
    """The generation whose picture an Image Editor shows, "" if it shows another image. For draw()."""
    from ...blender.deliver.datablocks import ownership_tags

    image = getattr(space, "image", None)
    return str(ownership_tags.fact(image, "generation", "")) if image is not None else ""
