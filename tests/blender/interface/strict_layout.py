# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the layout that is drawn on where there is no window. It is no mock of bpy: it looks up every
method, keyword, property, icon, operator and menu in Blender's own RNA, and raises where a real layout would
only print a warning."""

from __future__ import annotations

import types
from typing import Any

import bpy


class StrictLayout:
    """Takes what a `UILayout` takes, and nothing else. `texts` and `operators` tell what was drawn, `buttons` the
    operators with their texts and icons, `values` the menu values that can be picked, `disabled` how many operators
    stood before each part that was disabled, `pointers` the names in the context of the buttons."""

    rna = bpy.types.UILayout.bl_rna
    icons = rna.functions["label"].parameters["icon"].enum_items

    def __init__(self) -> None:
        self.__dict__.update(texts=[], operators=[], properties=[], buttons=[], values=[], disabled=[], pointers=[])

    def __setattr__(self, name: str, value: object) -> None:
        assert name in self.rna.properties, name
        if name == "enabled" and not value:
            self.disabled.append(len(self.buttons))

    def __getattr__(self, name: str) -> Any:
        function = self.rna.functions[name]
        names = [p.identifier for p in function.parameters if not p.is_output]

        def call(*values: object, **given: Any) -> Any:
            given.update(zip(names, values, strict=False))
            assert given.keys() <= set(names), (name, given)
            return self._drawn(name, given)

        return call

    def _drawn(self, name: str, given: dict[str, Any]) -> Any:
        icon = given.get("icon", "NONE")
        assert not isinstance(icon, str) or icon in self.icons, icon
        if given.get("text"):
            self.texts.append(given["text"])
        if {"data", "property"} <= given.keys():
            assert given["property"] in given["data"].bl_rna.properties, given["property"]
            self.properties.append(given["property"])
        if name == "context_pointer_set":
            self.pointers.append(given["name"])
        if name == "prop_enum":
            self.values.append(given["value"])
        if name in {"menu", "popover"}:
            getattr(bpy.types, given.get("menu") or given["panel"])
        if name in {"operator", "operator_menu_enum"}:
            self.buttons.append((given["operator"], given.get("text", ""), icon))
            return self._operator(given["operator"])
        return (self, self) if name in {"panel", "panel_prop"} else self

    def _operator(self, identifier: str) -> types.SimpleNamespace:
        category, verb = identifier.split(".")
        known = getattr(getattr(bpy.ops, category), verb).get_rna_type()
        self.operators.append(identifier)
        return _Settable(known)


class _Settable(types.SimpleNamespace):
    """An operator's properties: only those that it has can be set."""

    def __init__(self, rna: Any) -> None:
        super().__init__()
        self.__dict__["_rna"] = rna

    def __setattr__(self, name: str, value: object) -> None:
        assert name in self._rna.properties, name
