# SPDX-License-Identifier: GPL-3.0-or-later
"""The tab in each language, chosen while Blender runs, in a narrow sidebar: Blender shows ours, and English again."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import PACKAGE, Steps, picture, provide_google, sidebar

SHOWN = {"zh_HANS": "分镜", "ja_JP": "絵コンテ", "de_DE": "Umgestalten", "fr_FR": "Restyler", "es": "Reestilizar"}


def case() -> Steps:
    provide_google()
    bpy.context.scene.nano_banana.prompt = "Oil painting in golden light"
    _area, region = yield from sidebar("VIEW_3D", "Nano Banana")
    view = bpy.context.preferences.view
    interface = importlib.import_module(f"{PACKAGE}.nano_banana_addon.translations.interface")
    for language, word in SHOWN.items():
        view.language = language
        yield 1.0
        assert interface._active == [language], "the language follows the preference"
        english = "Storyboard" if language in {"zh_HANS", "ja_JP"} else "Restyle"
        assert bpy.app.translations.pgettext_iface(english, "Operator") == word
        source = bpy.types.UILayout.enum_item_description(bpy.context.scene.nano_banana, "source", "CAMERA")
        texts = interface.read_language(language)
        assert source == texts["What the scene's camera sees, drawn as in the 3D view"]
        model = bpy.ops.nano_banana.exact_colours.get_rna_type().description
        assert bpy.app.translations.pgettext_tip(model) != model, "a tooltip of several lines, however it is indented"
        picture(f"language-{language}", region, 900)
    view.language = "en_US"
    yield 0.5
    assert interface._active == []
    assert bpy.app.translations.pgettext_iface("Restyle", "Operator") == "Restyle"


driver.play(case)
