# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery's page and the details of a generation, from the store into the session's properties."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...blender.host import folders
from ...core.constants import ACTIVE_STATES, ALL, Kind, ReferenceRole, State
from ...core.result import Generation
from ...core.text import details as details_of
from ...session import panel_state, session, thumbnails
from ...storage import archive, damage
from ...storage.database.query import HistoryQuery
from ...storage.database.records import clean
from ...storage.files.layout import Home
from ...storage.store import Store

PAGE = 24


def get_gallery() -> Any:
    """The gallery's properties."""
    return panel_state.get_properties().history


def find_store() -> Store | None:
    """The store, if there is one: displaying must not create it."""
    if opened := session.find_open():
        return opened.store
    return session.current().store if Home(folders.home()).database.is_file() else None


def build_query() -> HistoryQuery:
    """The query for the gallery's filters."""
    gallery = get_gallery()
    states = {ALL: frozenset[State](), "UNDER_WAY": ACTIVE_STATES}
    return HistoryQuery(
        text=gallery.text,
        project=gallery.project or None,
        favourite=True if gallery.favourite else None,
        kind=None if gallery.kind == ALL else Kind(gallery.kind),
        states=states[gallery.state] if gallery.state in states else frozenset({State(gallery.state)}),
    )


def apply_filters() -> None:
    """Show the first page of the filtered history."""
    get_gallery().page = 0
    refill()


def turn_page(step: int) -> None:
    """Move some pages forward or back, within the available ones."""
    gallery = get_gallery()
    gallery.page = max(min(gallery.page + step, page_count() - 1), 0)
    refill()


def page_count() -> int:
    """How many pages there are; at least one."""
    return max(-(-get_gallery().total // PAGE), 1)


def refill() -> None:
    """Read the shown page again, with its icons; takes milliseconds, also with ten thousand generations."""
    store = find_store()
    gallery = get_gallery()
    page = _read_page(store, gallery) if store else []
    if store is None:
        gallery.total = gallery.page = 0
    gallery.entries.clear()
    for generation in page:
        _fill_entry(gallery.entries.add(), generation)
    _list_projects(gallery, store.projects() if store else [])
    icons = [entry.thumbnail for entry in gallery.entries]
    thumbnails.show_page([*icons, *_list_detail_icons(gallery.details)])
    panel_state.redraw()


def _read_page(store: Store, gallery: Any) -> list[Generation]:
    """The page's generations; also sets the total count.

    A page that is not full gives that without a query: searching through ten thousand a second time would double the
    time.
    """
    history_query = build_query()
    page = store.page(history_query, gallery.page * PAGE, PAGE)
    archive.repair(store)  # what could not be read is restored, or set aside
    gallery.damaged = len(damage.list_damaged(store))
    if page and len(page) < PAGE:
        gallery.total = gallery.page * PAGE + len(page)
        return page
    gallery.total = store.count(history_query) if page or gallery.page else 0
    if page or not gallery.page:
        return page
    gallery.page = page_count() - 1
    return store.page(history_query, gallery.page * PAGE, PAGE)


def refresh() -> None:
    """After a change of a generation: update the page and the details, if they were ever shown."""
    refill()
    if generation_id := get_gallery().details.name:
        show_details(generation_id)


def show_details(generation_id: str) -> None:
    """Show the details of a generation; none for one that no longer exists."""
    store = find_store()
    generation = store.get(generation_id) if store else None
    gallery = get_gallery()
    _fill_details(gallery.details, generation)
    paths = [entry.thumbnail for entry in gallery.entries]
    thumbnails.show_page([*paths, *_list_detail_icons(gallery.details)])
    panel_state.redraw()


def _list_detail_icons(details: Any) -> list[str]:
    return [details.thumbnail, *(reference.path for reference in details.references)]


def _list_projects(gallery: Any, names: list[str]) -> None:
    if [item.name for item in gallery.projects] != names:
        gallery.projects.clear()
        for name in names:
            gallery.projects.add().name = name


def find_thumbnail(generation: Generation) -> str:
    """The thumbnail, or the image itself if the thumbnails were deleted; "" for none."""
    if not generation.thumbnail or Path(generation.thumbnail).is_file():
        return generation.thumbnail
    picture = generation.picture
    return picture.path if picture else ""


def _fill_entry(entry: Any, generation: Generation) -> None:
    entry.name = generation.id
    entry.title = details_of.format_title(generation)
    entry.state = generation.state.value
    entry.thumbnail = find_thumbnail(generation)
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
    details.title = details_of.format_title(generation)
    details.prompt = request.prompt
    details.system_instruction = request.system_instruction
    details.state = generation.state.value
    details.message = details_of.describe_outcome(generation)
    details.provenance = details_of.describe_provenance(generation)
    details.thumbnail = find_thumbnail(generation)
    details.favourite = generation.favourite
    details.offline = generation.offline_preview
    details.price = generation.estimate_usd
    details.has_picture = bool(answer and answer.result)
    for name, value in details_of.list_facts(generation):
        fact = details.facts.add()
        fact.name, fact.value = name, clean(value)
    for reference in request.references:
        item = details.references.add()
        item.name = reference.label or Path(reference.path).name
        item.role = ReferenceRole(reference.role).title()
        item.path, item.note = reference.path, reference.prepared


def count_earlier_results() -> None:
    """Count the results of the open file, for the panel, and find whether there are any at all."""
    shown, store = panel_state.get_properties(), find_store()
    shown.earlier = store.count(_of_open_file()) if store and bpy.data.filepath else 0
    shown.has_generated = shown.has_generated or bool(store and store.count(HistoryQuery()))


def read_earlier_results() -> list[Generation]:
    """The latest results of the open file, the oldest first."""
    store = find_store() if bpy.data.filepath else None
    return store.page(_of_open_file(), 0, panel_state.MAX_RESULTS)[::-1] if store else []


def _of_open_file() -> HistoryQuery:
    return HistoryQuery(blend_path=bpy.data.filepath, states=frozenset({State.DONE}))


def set_favourite(generation_id: str, favourite: bool) -> None:
    """Set or clear the favourite mark; favourites are never cleaned up."""
    session.current().store.set_favourite(generation_id, favourite)
    refresh()


def delete(generation_id: str) -> None:
    """Remove a generation and its files in the store. Raises `NanoBananaError` while it is in progress."""
    session.current().store.delete(generation_id)
    panel_state.remove_generation(generation_id)
    gallery = get_gallery()
    if gallery.compared == generation_id:
        gallery.compared = ""
    refresh()


def find_shown_generation(space: bpy.types.Space | None) -> str:
    """The generation whose image an Image Editor shows, "" if it shows another image. For draw()."""
    from ...blender.deliver.datablocks import ownership_tags

    image = getattr(space, "image", None)
    return str(ownership_tags.get_fact(image, "generation", "")) if image is not None else ""
