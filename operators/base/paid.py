# SPDX-License-Identifier: GPL-3.0-or-later
"""Base classes of operators that send requests: settings of one call, start by a button, run by a script."""

from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from ...nano_banana_addon.core.settings import OPTIONS, Settings
from ...nano_banana_addon.features.generation import duplicates, offers, readiness, scene_settings
from ...nano_banana_addon.properties.settings import SettingsProperties
from ...nano_banana_addon.session import panel_state
from .buttons import BlockableOperator
from .results import report_ended, report_errors, report_reused, show_progress, show_wait_cursor


class SettingsOperator(SettingsProperties):
    """The scene's settings, each of which a script can override for one call."""

    provider: StringProperty(name="Provider", description="ID of the provider; empty: the one set in the preferences")

    def list_choices(self) -> list[str]:
        """The names of the settings that were passed to this call."""
        return [n for n in scene_settings.CHOICE_NAMES if hasattr(self, n) and self.properties.is_property_set(n)]

    def given_choices(self) -> dict[str, Any]:
        """The settings that were passed to this call, by their names in `Settings`."""
        names = self.list_choices()
        settings = scene_settings.read_choices(self, names, Settings())
        choices = {name: getattr(settings, name) for name in names if name in OPTIONS}
        if len(choices) < len(names):  # delivery targets among them
            choices["deliveries"] = settings.deliveries
        return choices | ({"provider": self.provider} if self.provider else {})

    def settings(self, context: bpy.types.Context) -> Settings:
        """The scene's settings, overridden by those passed to this call."""
        base = scene_settings.settings_of(context.scene)
        settings = scene_settings.read_choices(self, self.list_choices(), base)
        return settings.replace_choices({"provider": self.provider}) if self.provider else settings


def present(offer: "offers.Offer") -> None:
    """Carry out an offer, or show it if it must be asked about."""
    if not offer.must_ask():
        offer.use()
        return
    offers.set_pending(offer)
    with bpy.context.temp_override(window=bpy.context.window or bpy.context.window_manager.windows[0]):
        bpy.ops.nano_banana.same_request("INVOKE_DEFAULT")


class PayingOperator:
    """An operator whose button pays: the offer is carried out, or shown first if it must be asked about."""

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str] | None:
        """From a button: start and return at once, or ask."""
        if panel_state.get_properties().notice_kind != "RECOVERED":  # that waits for its own decision
            panel_state.clear_notice()
        with show_wait_cursor(context):
            self.start(context)

    def start(self, context: bpy.types.Context) -> None:
        """Carry out the offer, or ask."""
        present(self.offer(context))

    def offer(self, context: bpy.types.Context) -> "offers.Offer":
        """What is sent. Raises `NanoBananaError` with what to change."""
        raise NotImplementedError


class PaidOperator(BlockableOperator, PayingOperator, SettingsOperator):
    """An operator that makes paid requests: `build` the order, then `offer` it, or `run` it and wait.

    Existing results are reused, unless an operator says otherwise.

    It has neither REGISTER nor UNDO: Shift+R would pay twice. The delivery makes the undo step.
    """

    again: BoolProperty(
        name="Generate Again",
        description="Send the request and pay for it even if an identical one was generated before",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing in the scene or the preferences, as a sentence; "" for nothing."""
        return readiness.find_blocker(context)

    @report_errors
    def execute(self, context: bpy.types.Context) -> set[str] | None:
        """From a script: start, wait, deliver. Nothing is asked."""
        order = self.build(context)
        with show_progress(context) as show:
            return self.run(context, order, show)

    def build(self, context: bpy.types.Context) -> Any:
        """The order to send. Raises `NanoBananaError` with what to change."""
        raise NotImplementedError

    def offer(self, context: bpy.types.Context) -> "offers.Offer":
        """What is sent; asked about if the same was generated before."""
        return duplicates.offer_order(self.build(context), force_new=self.again)

    def run(self, context: bpy.types.Context, order: Any, show: Any) -> set[str]:
        """Send the order, wait, deliver and report; `show` is called with each change of a generation."""
        del context
        ended, reused = duplicates.run(order, show, force_new=self.again)
        report_reused(self, reused)
        return report_ended(self, ended)
