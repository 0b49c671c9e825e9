# SPDX-License-Identifier: GPL-3.0-or-later
"""The one ordered list of what is registered with Blender, each step with its undo."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

import bpy
from bpy.utils import register_class, unregister_class

from .. import operators, panels
from . import lazy, preferences, properties
from .blender.deliver.pbr import catalog
from .blender.host import file_session, keymap
from .core.constants import DeliveryKind, Kind, State
from .features import costs, recovery, render_restyle
from .features.edit import box
from .features.generation import migrate_settings
from .features.history import gallery
from .features.material import further_maps
from .features.provider import model_list
from .features.storyboard import progress, stale
from .features.storyboard.cast import assets
from .features.storyboard.export import shot_facts
from .features.texture import job
from .identity import CAST_PROPERTY, EXTENSION_ID, NOTE_PROPERTY, SCENE_PROPERTY, SESSION_PROPERTY
from .light_tuple import LightTuple
from .session import events, panel_state, session, startup
from .translations import interface as translations

if TYPE_CHECKING:
    from .core.result import Generation

log = logging.getLogger(__name__)


class Step(LightTuple):
    """Something that is done when the add-on is enabled, and undone when it is disabled."""

    name: str
    do: Callable[[], object]
    undo: Callable[[], object]


def run(steps: Sequence[Step]) -> None:
    """Do all steps.

    If one fails, undo those before it, last first, and raise its error, so that Blender shows the add-on as failed
    instead of half enabled.
    """
    completed: list[Step] = []
    for step in steps:
        try:
            step.do()
        except Exception:
            log.exception("registering %s failed", step.name)
            unwind(completed)
            raise
        completed.append(step)


def unwind(steps: Sequence[Step]) -> None:
    """Undo steps, last first; one that fails is logged and does not keep the others from it."""
    for step in reversed(steps):
        try:
            step.undo()
        except Exception:  # every other step must still be undone
            log.exception("unregistering %s failed", step.name)


def build_class_steps(*modules: ModuleType) -> Iterator[Step]:
    """A step for each of Blender's classes that the modules define, in the order of their definition."""
    for module in modules:
        for cls in vars(module).values():
            if isinstance(cls, type) and hasattr(cls, "bl_rna") and cls.__module__ == module.__name__:
                yield Step(cls.__name__, partial(register_class, cls), partial(unregister_class, cls))


def _build_pointer_step(owner: type, name: str, group: type) -> Step:
    return Step(
        f"{owner.__name__}.{name}",
        lambda: setattr(owner, name, bpy.props.PointerProperty(type=group)),
        lambda: delattr(owner, name),
    )


def _build_menu_step(name: str, draw: Callable[..., None]) -> Step:
    """The add-on's entry in a menu, or in the status bar, of Blender."""
    menu = getattr(bpy.types, name)
    return Step(name, lambda: menu.append(draw), lambda: menu.remove(draw))


def _stop_module(name: str, function: str) -> Step:
    """What a module may have started by the time the add-on is disabled, ended by a function of it.

    One that was never used is not imported for that.
    """

    def stop() -> None:
        if module := lazy.find_imported(name):
            getattr(module, function)()

    return Step(name, lambda: None, stop)


def _connect_events() -> None:
    events.generation_ended.connect(_advance_texture)
    events.generation_ended.connect(_advance_storyboard)
    events.result_delivered.connect(_refresh_storyboard)
    events.result_arrived.connect(_send_further_maps)
    events.history_changed.connect(_refresh_lists)


def _disconnect_events() -> None:
    events.generation_ended.clear()
    events.result_delivered.clear()
    events.result_arrived.clear()
    events.history_changed.clear()


def _refresh_lists() -> None:
    gallery.refresh()
    costs.refresh()


def _advance_texture(generation: Generation) -> None:
    if generation.request.texture is not None:
        job.advance(generation)


def _advance_storyboard(generation: Generation) -> None:
    if generation.request.kind is Kind.STORYBOARD:
        progress.advance(generation)


def _send_further_maps(generation: Generation) -> None:
    if further_maps.are_wanted(generation.request):
        further_maps.send(generation)


def _refresh_storyboard(generation: Generation) -> None:
    if DeliveryKind.STRIP in generation.request.delivery.kinds:
        stale.record_delivery(generation)
        shot_facts.record_delivery(generation)


_command_handles: list[object] = []


def _run_command_line(arguments: list[str]) -> int:
    from . import cli  # with the argument parser: only where there is a command line

    return cli.main(arguments)


def _register_command() -> None:
    _command_handles.append(bpy.utils.register_cli_command(EXTENSION_ID, _run_command_line))


def _unregister_command() -> None:
    while _command_handles:
        bpy.utils.unregister_cli_command(_command_handles.pop())


def _handle_load() -> None:
    translations.refresh()  # loading the factory settings changes the language without telling
    if panel_state.get_properties().notice_kind == "ELSEWHERE":
        panel_state.clear_notice()
    migrate_settings.migrate_all()
    gallery.count_earlier_results()
    _refresh_storyboards()
    box.show_saved()
    active_session = session.find_open()
    if active_session and State.BLOCKED in active_session.under_way.values():
        job.resume()


def _refresh_storyboards() -> None:
    if len(bpy.data.scenes) > 1:  # a storyboard is one of its own
        from .blender.capture import temporary

        temporary.remove_saved_scenes()
        stale.refresh_all()


def _finish_start() -> None:
    model_list.load()
    migrate_settings.migrate_all()  # the file that was open before the add-on
    recovery.offer()
    gallery.count_earlier_results()
    _refresh_storyboards()
    box.show_saved()


def build_steps() -> tuple[Step, ...]:
    """Everything, in order."""
    return (
        Step("translations", translations.register, translations.unregister),
        *build_class_steps(*properties.MODULES),
        _build_pointer_step(bpy.types.Scene, SCENE_PROPERTY, properties.scene.NANO_BANANA_PG_scene),
        _build_pointer_step(bpy.types.Object, NOTE_PROPERTY, properties.scene.NANO_BANANA_PG_note),
        _build_pointer_step(bpy.types.Object, CAST_PROPERTY, properties.references.NANO_BANANA_PG_cast_member),
        _build_pointer_step(bpy.types.WindowManager, SESSION_PROPERTY, properties.session.NANO_BANANA_PG_session),
        *build_class_steps(preferences),
        *build_class_steps(*operators.MODULES),
        *build_class_steps(*panels.MODULES),
        *(_build_menu_step(name, draw) for name, draw in panels.menus.ENTRIES.items()),
        Step("keymap", keymap.register, keymap.unregister),
        _stop_module("session.thumbnails", "free_all"),
        Step("file events", file_session.register, file_session.unregister),
        Step("loaded files", lambda: file_session.on_load(_handle_load), lambda: None),
        Step("cast", assets.register, assets.unregister),
        Step("catalog", catalog.register, catalog.unregister),
        Step("renders", render_restyle.register, render_restyle.unregister),
        Step("command line", _register_command, _unregister_command),
        Step("events", _connect_events, _disconnect_events),
        _stop_module("session.session", "close"),
        _stop_module("blender.host.credentials", "stop"),
        _stop_module("features.provider.test_connection", "stop"),
        _stop_module("features.compare", "stop"),
        _stop_module("features.edit.box", "stop"),
        _stop_module("session.background_tasks", "stop"),
        _stop_module("features.texture.job", "stop"),
        _stop_module("features.agent.capture_queue", "stop"),
        _stop_module("blender.host.gpu", "release"),
        _stop_module("session.pump", "stop"),
        Step("recovery", lambda: startup.schedule(_finish_start), startup.cancel),
    )


_active_steps: list[Step] = []


def register() -> None:
    """Enable the add-on."""
    new_steps = build_steps()
    run(new_steps)
    _active_steps.extend(new_steps)


def unregister() -> None:
    """Disable the add-on; nothing is left but the user's store."""
    unwind(_active_steps)
    _active_steps.clear()
