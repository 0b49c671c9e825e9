# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture from Views: generate a texture for the selected objects from several sides."""

from functools import partial
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import StringProperty

from ...nano_banana_addon.core import cost
from ...nano_banana_addon.core.texture import TEXTURE_OPTIONS, TextureSettings
from ...nano_banana_addon.features.texture import bake_queue, job, plan
from ...nano_banana_addon.features.texture.maps import texture_info
from ...nano_banana_addon.features.texture.views import texture_settings
from ...nano_banana_addon.identity import KEYFRAMES_POINTER
from ...nano_banana_addon.properties.texture import TexturingProperties
from ..base.paid import PaidOperator, present
from ..base.results import CANCELLED, FINISHED, report_ended, report_reused, show_fraction

if TYPE_CHECKING:
    from ...nano_banana_addon.features.texture.apply_maps import TextureReport
    from ...nano_banana_addon.features.texture.job import TextureResult
    from ...nano_banana_addon.features.texture.plan import TexturePlan


class NANO_BANANA_OT_texture(PaidOperator, TexturingProperties, bpy.types.Operator):
    """Generate images of the selected objects from several views and bake them to a texture"""

    bl_idname = "nano_banana.texture"
    bl_label = "Texture from Views"

    objects: StringProperty(description="Names of the objects, separated by |; empty: the selected ones")
    cameras: StringProperty(description="Names of the cameras, separated by |, for the views CAMERAS")
    view_prompts: StringProperty(description="Prompts of the views, separated by |")

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing, also the objects and views."""
        is_animated = hasattr(context, KEYFRAMES_POINTER)
        find = texture_info.find_keyframe_blocker if is_animated else texture_info.find_blocker
        return super().find_blocker(context) or find(context) or bake_queue.find_blocker()

    def read_texture_settings(self, context: bpy.types.Context) -> TextureSettings:
        """The scene's settings, overridden by those passed to this call."""
        list_names = ("cameras", "view_prompts")
        overrides = [n for n in TEXTURE_OPTIONS if hasattr(self, n) and self.properties.is_property_set(n)]
        base = texture_settings.texture_settings_of(context.scene)
        settings = texture_settings.read_texture_choices(self, [n for n in overrides if n not in list_names], base)
        return settings.replace_choices({n: tuple(getattr(self, n).split("|")) for n in overrides if n in list_names})

    def build(self, context: bpy.types.Context) -> "TexturePlan":
        """Choose the views and draw their guides."""
        names = tuple(filter(None, self.objects.split("|")))
        return plan.prepare(context, self.settings(context), self.read_texture_settings(context), names=names)

    def start(self, context: bpy.types.Context) -> None:
        """Align the existing views of a sequence in steps, then send what is missing, or ask; baked when it arrives."""
        bake_queue.draw(job.offer_steps(self.build(context), again=self.again), present)

    def run(self, context: bpy.types.Context, order: "TexturePlan", show: Any) -> set[str]:
        """Send the requests, wait, bake and apply."""
        return report_texture_result(
            self, job.run(order, show, again=self.again, on_bake=partial(show_fraction, context))
        )


def report_texture_result(operator: bpy.types.Operator, result: "TextureResult") -> set[str]:
    """Report the outcome of a texture that a script waited for."""
    report_reused(operator, result.reused)
    report_ended(operator, [g for g in result.generations if g.id not in result.reused])
    if result.problem is not None:
        raise result.problem
    if result.report is None:
        return CANCELLED
    report_texture(operator, result.report)
    spent = cost.format_dollars(sum(g.cost_usd or 0.0 for g in result.generations if g.id not in result.reused))
    operator.report({"INFO"}, f"Texture from {len(result.report.drifts)} views ({spent}).")
    return FINISHED


def report_texture(operator: bpy.types.Operator, report: "TextureReport") -> set[str]:
    """Report the coverage of each texture, and the notes."""
    for texture in report.textures:
        operator.report({"INFO"}, f"{texture.object}: {texture.coverage:.0%} of the surface covered by views.")
    for note in report.notes:
        operator.report({"WARNING"}, note)
    return FINISHED
