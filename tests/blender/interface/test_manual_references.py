# SPDX-License-Identifier: GPL-3.0-or-later
"""What the manual's references name is there in Blender."""

from __future__ import annotations

import bpy

from devtools.manual import operators, settings


def test_scripts_find_every_setting_where_the_manual_says():
    missing, count = [], 0
    for _, path, rows in settings.list_sections():
        owner = bpy.context.scene.path_resolve(path)
        missing += [f"{path}.{row.name}" for row in rows if row.name not in owner.bl_rna.properties]
        count += len(rows)
    assert missing == []
    assert count > 50


def test_the_manual_names_every_operator_and_no_other():
    named = {name for _, rows in operators.list_sections() for name, _, _ in rows}
    assert named == {f"nano_banana.{name}" for name in dir(bpy.ops.nano_banana)}
