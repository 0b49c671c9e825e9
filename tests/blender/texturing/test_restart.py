# SPDX-License-Identifier: GPL-3.0-or-later
"""Textures whose views need each other, with Blender gone in between: the history knows how they go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import END_STATES, State
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features import recovery
from nano_banana_addon.features.texture.job import count_pending, offer, run, stop
from nano_banana_addon.features.texture.maps import texture_info
from nano_banana_addon.features.texture.plan import TexturePlan
from nano_banana_addon.session import panel_state, session
from nano_banana_addon.storage.database.query import HistoryQuery

from ..flow.conftest import turned  # noqa: F401 - a fixture
from .test_single import posts, quiet

Promised = Callable[..., TexturePlan]
Turned = Callable[..., None]


def start_texture(plan: TexturePlan) -> list[str]:
    """What the button does; the ids of what was recorded."""
    before = session.current().store.page(HistoryQuery(), 0, 1)
    offer(plan).use()
    (latest,) = session.current().store.page(HistoryQuery(), 0, 1)
    assert [latest] != before
    return [generation.id for generation in session.current().store.list_batch(latest.batch)]


def read(ids: list[str]) -> list[Generation]:
    return session.current().store.many(ids)


def quit_after(first: str) -> None:
    """Blender quits when a view has come, and before it has heard of it."""
    session.current().link.wait([first], timeout=60)
    session.close()
    stop()


def is_offered(generation_id: str, count: int = 1) -> bool:
    """Whether a start offers this with so many; the worker process of the session before may need a moment to end."""
    recovery.offer()
    entry = panel_state.get_properties().recovered.get(generation_id)
    return entry is not None and entry.count == count


def labels_of(generation: Generation) -> list[str]:
    return [reference.label for reference in generation.request.references]


def count_views(shape: bpy.types.Object) -> int:
    return len(texture_info.views_of(texture_info.group_of(shape)))


@pytest.mark.parametrize(
    ("mode", "asked", "views", "label"),
    [("SEQUENTIAL", 3, 3, "what is painted already"), ("SHEET", 4, 3, "the draft of this view")],
)
def test_a_restart_between_two_views_loses_nothing_and_sends_nothing(
    sculpture: bpy.types.Object,
    promised: Promised,
    server: Simulator,
    turned: Turned,  # noqa: F811
    mode: str,
    asked: int,
    views: int,
    label: str,
) -> None:
    ids = start_texture(promised(mode=mode, count=3, refine=mode == "SHEET", guides=("CLAY",), texture_size=64))
    quit_after(ids[0])
    turned(lambda: is_offered(ids[1], asked - 1))
    assert [generation.state for generation in read(ids)] == [State.DONE, *[State.BLOCKED] * (asked - 1)]
    (entry,) = [item for item in panel_state.get_properties().recovered if item.name in ids[1:]]
    assert entry.known == "NOT_SENT"
    assert entry.title.endswith(f"and {asked - 2} more")
    assert posts(server) == 1
    assert bpy.ops.nano_banana.ask_again(generation=entry.name) == {"FINISHED"}
    turned(lambda: not count_pending())
    found = read(ids)
    assert [generation.state for generation in found] == [State.DONE] * asked
    assert [labels_of(generation)[-1] for generation in found[1:]] == [label] * (asked - 1)
    assert posts(server) == asked
    assert count_views(sculpture) == views


@pytest.mark.parametrize(("mode", "refine"), [("SINGLE", False), ("SEQUENTIAL", False), ("SHEET", True)])
def test_each_mode_ends_by_itself_with_all_its_views(
    sculpture: bpy.types.Object,
    promised: Promised,
    server: Simulator,
    turned: Turned,  # noqa: F811
    mode: str,
    refine: bool,
) -> None:
    ids = start_texture(promised(mode=mode, count=3, refine=refine, anchor=True, guides=("CLAY",), texture_size=64))
    turned(lambda: panel_state.get_properties().blocked == len(ids) - 1)
    assert len(panel_state.get_properties().jobs) == 1
    turned(lambda: not count_pending())
    assert [generation.state for generation in read(ids)] == [State.DONE] * len(ids)
    assert posts(server) == len(ids)
    assert count_views(sculpture) == 3
    assert panel_state.get_properties().blocked == 0
    if not refine:
        assert all("the same object" in labels_of(generation)[0] for generation in read(ids)[1:])


def test_cancelling_the_first_view_bakes_nothing_once_and_asks_for_nothing_more(
    sculpture: bpy.types.Object,
    promised: Promised,
    server: Simulator,
    turned: Turned,  # noqa: F811
) -> None:
    server.script("silence", 1, seconds=60)
    ids = start_texture(promised(mode="SEQUENTIAL", count=3, guides=("CLAY",), texture_size=64))
    turned(lambda: posts(server) == 1)
    bpy.ops.nano_banana.cancel(generation=ids[0])
    turned(lambda: not count_pending())
    assert [generation.state for generation in read(ids)] == [State.CANCELLED] * 3
    assert [item.name for item in panel_state.get_properties().results if item.name in ids] == ids[:1]
    assert "None of the views" in panel_state.get_properties().notice
    assert posts(server) == 1
    assert texture_info.group_of(sculpture) is None


def test_views_that_were_there_are_in_the_texture_after_a_restart_too(
    sculpture: bpy.types.Object,
    promised: Promised,
    server: Simulator,
    turned: Turned,  # noqa: F811
) -> None:
    first, second = run(promised(count=2, guides=("CLAY",), texture_size=64), quiet).generations
    session.current().store.delete(second.id)
    (again,) = start_texture(promised(count=2, guides=("CLAY",), texture_size=128))
    quit_after(again)
    turned(lambda: is_offered(again))
    assert bpy.ops.nano_banana.recovery_take(generation=again) == {"FINISHED"}
    shown = texture_info.views_of(texture_info.group_of(sculpture))
    assert [view["generation"] for view in shown] == [first.id, again]
    assert posts(server) == 3


def test_a_view_that_cannot_be_drawn_any_more_fails_in_words_and_what_is_there_is_kept(
    sculpture: bpy.types.Object,
    promised: Promised,
    server: Simulator,
    turned: Turned,  # noqa: F811
) -> None:
    ids = start_texture(promised(mode="SEQUENTIAL", count=3, guides=("CLAY",), texture_size=64))
    bpy.data.objects.remove(sculpture)
    turned(lambda: not count_pending())
    states = [generation.state for generation in read(ids)]
    assert states[0] is State.DONE
    assert states[1:] == [State.FAILED] * 2
    assert all(generation.failure and generation.failure.message for generation in read(ids)[1:])
    assert posts(server) == 1


def test_the_next_view_waits_until_its_file_is_open_again(
    sculpture: bpy.types.Object,
    promised: Promised,
    server: Simulator,
    turned: Turned,  # noqa: F811
    tmp_path: Path,
) -> None:
    name, path = sculpture.name, str(tmp_path / "asset.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    ids = start_texture(promised(mode="SEQUENTIAL", count=2, guides=("CLAY",), texture_size=64))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    turned(lambda: read(ids)[0].state in END_STATES and panel_state.get_properties().notice_kind == "ELSEWHERE")
    assert "open that file" in panel_state.get_properties().notice_next_step.lower()
    assert read(ids)[1].state is State.BLOCKED
    bpy.ops.wm.open_mainfile(filepath=path)
    turned(lambda: not count_pending())
    assert count_views(bpy.data.objects[name]) == 2
    assert posts(server) == 2


def test_the_next_view_of_a_file_that_is_gone_unsaved_fails_in_words(
    sculpture: bpy.types.Object,
    promised: Promised,
    server: Simulator,
    turned: Turned,  # noqa: F811
) -> None:
    ids = start_texture(promised(mode="SEQUENTIAL", count=2, guides=("CLAY",), texture_size=64))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    turned(lambda: not count_pending())
    first, second = read(ids)
    assert (first.state, second.state) == (State.DONE, State.FAILED)
    assert second.failure
    assert "was not saved" in second.failure.message
    assert posts(server) == 1
