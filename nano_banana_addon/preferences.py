# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: provider and key, image storage, concurrency, budgets."""

from urllib.parse import urlsplit
from zlib import crc32

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from .blender.host import credentials, keymap
from .blender.host import preferences as host_preferences
from .blender.host.package import ROOT_PACKAGE
from .core.models import MODELS
from .core.text.lines import wrap
from .identity import HOME_VARIABLE, SESSION_PROPERTY
from .properties import costs
from .translations import translate
from .wire.providers import PROVIDERS, is_loopback

_LINE_WIDTH = 90  # characters in the default width of the preferences
OFFLINE_TEXT = "Previews by the bundled server: no key, no cost, no network"
PROVIDER_ITEMS = tuple(
    # Preferences store the number: it must not change when a provider is added.
    (p.id, p.label, p.base_url or OFFLINE_TEXT, crc32(p.id.encode()) & 0x7FFFFFFF)
    for p in PROVIDERS.values()
)
KEEP_ITEMS = (
    (
        "BESIDE",
        "Next to .blend",
        "In the folder nano_banana next to the .blend file, once it is saved",
        0,
    ),
    ("PACK", "Packed", "Inside the .blend file", 1),
    ("STORE", "Library Only", "Only in the library folder of the add-on", 2),
)


def _forget_answer(_self: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    """The answer of a connection test holds for the provider, key and address that it was made with."""
    getattr(context.window_manager, SESSION_PROPERTY).connection = ""


#: One password property for each provider that needs a key: a new provider is one entry of data.
KeyProperties = type(
    "KeyProperties",
    (),
    {
        "__annotations__": {
            host_preferences.key_property(provider): StringProperty(
                name="API Key" if provider.auth != "basic" else "User:Password",
                description=f"API key for {provider.label}. Blender's preferences file stores it as"
                " plain text; an environment variable is safer and takes precedence",
                subtype="PASSWORD",
                update=_forget_answer,
            )
            for provider in PROVIDERS.values()
            if host_preferences.has_key(provider)
        }
        | {
            host_preferences.address_property(provider): StringProperty(
                name="Address",
                description=f"Alternative address of {provider.label}: https, or http on this machine"
                + (" or in your network, without a key" if provider.is_local else ""),
                update=_forget_answer,
            )
            for provider in PROVIDERS.values()
        }
    },
)


class NANO_BANANA_AP_preferences(costs.BudgetProperties, KeyProperties, bpy.types.AddonPreferences):
    """The settings that apply to all files."""

    bl_idname = ROOT_PACKAGE

    provider: EnumProperty(
        name="Provider",
        description="The image service that generates the images",
        items=PROVIDER_ITEMS,
        default="google",
        update=_forget_answer,
    )
    #: The address of the chosen provider in earlier versions; it counts where the provider's own is empty.
    base_url: StringProperty(
        name="Earlier Address",
        description="Alternative address of the chosen provider, from an earlier version",
        update=_forget_answer,
    )
    accepts_unofficial: BoolProperty(
        name="Use Unofficial Access",
        description="Allow models that are reached without their maker's consent, such as Midjourney",
    )
    keep_pictures: EnumProperty(
        name="Image Storage",
        description="Where delivered images are stored",
        items=KEEP_ITEMS,
        default="BESIDE",
    )
    store_folder: StringProperty(
        name="Library Folder",
        description="Folder of the history and all received images; empty: the system's folder for user data",
        subtype="DIR_PATH",
    )
    at_once: IntProperty(
        name="Max Concurrent Requests", description="Further requests are queued", min=1, max=8, default=4
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the preferences."""
        layout = self.layout
        layout.use_property_split = True
        layout.operator("nano_banana.show_tab", text="Open the Tab in the 3D View (N)", icon="MENU_PANEL")
        layout.operator("nano_banana.open_workspace", text="Open the Nano Banana Workspace", icon="WORKSPACE")
        layout.prop(self, "provider")
        self._draw_key(layout)
        if PROVIDERS[self.provider].base_url:
            self._draw_address(layout)
        self._draw_connection(layout, context)
        layout.separator()
        layout.prop(self, "keep_pictures")
        layout.prop(self, "store_folder", placeholder=f"Default, or ${HOME_VARIABLE}")
        layout.prop(self, "at_once")
        provider = PROVIDERS[self.provider]
        if provider.files_api and provider.needs_key:
            row = layout.row()
            row.alignment = "RIGHT"
            row.operator("nano_banana.delete_uploads", icon="TRASH", emboss=False)
        layout.separator()
        costs.draw(layout, self)
        self._draw_keymap(layout)

    def _draw_keymap(self, layout: bpy.types.UILayout) -> None:
        header, body = layout.panel("nano_banana_keymap", default_closed=True)
        header.label(text="Shortcuts (none is set by default)")
        if body is None:
            return
        import rna_keymap_ui

        for config, keys, item in keymap.list_items():
            body.label(
                text=translate("In the editor: {name}", name=keys.name) if keys.name != "Window" else "Everywhere"
            )
            rna_keymap_ui.draw_kmi([], config, keys, item, body, 0)

    def _draw_key(self, layout: bpy.types.UILayout) -> None:
        provider = PROVIDERS[self.provider]
        if not host_preferences.has_key(provider):
            layout.label(text=OFFLINE_TEXT, icon="INFO")
            return
        found = credentials.find_credential(provider.id)
        if name := credentials.find_variable(provider):
            text = translate("The key comes from the environment variable {name}", name=name)
            layout.label(text=text, icon="CHECKMARK")
            return
        in_preferences = bool(credentials.find_preference(provider))
        if found.origin == "keyring":
            row = layout.row()
            row.label(text="The key comes from the system's keyring", icon="CHECKMARK")
            _draw_action(row, "REMOVE")
            if not in_preferences:
                return
            layout.label(text="The key below is not used", icon="INFO")
        row = layout.row(align=True)
        row.prop(self, host_preferences.key_property(provider))
        if provider.key_page_url:
            row.operator("wm.url_open", text="", icon="URL").url = provider.key_page_url
        if found.origin == "preferences":
            layout.label(text="The key comes from the preferences, whose file holds it as plain text", icon="INFO")
        self._draw_keyring(layout, found, in_preferences=in_preferences)
        if provider.key_variables:
            names = " / ".join(provider.key_variables)
            layout.label(text=translate("Safer: set {names} before starting Blender", names=names), icon="INFO")

    def _draw_keyring(
        self, layout: bpy.types.UILayout, found: "credentials.Credential", *, in_preferences: bool
    ) -> None:
        """Draw what the keyring offers, or why it offers nothing."""
        row = layout.row()
        if found.problem:
            row.label(text=translate(found.problem), icon="LOCKED")
        if found.is_unlockable:
            _draw_action(row, "UNLOCK")
        elif in_preferences and not found.is_absent:
            _draw_action(row, "MOVE")

    def _draw_address(self, layout: bpy.types.UILayout) -> None:
        provider = PROVIDERS[self.provider]
        layout.prop(self, host_preferences.address_property(provider), placeholder=provider.base_url)
        if self.base_url:
            layout.prop(self, "base_url")
        address = urlsplit(credentials.find_address(provider.id))
        if address.scheme == "http" and not is_loopback(address.hostname or ""):
            layout.label(text="Images travel in the clear, without a key: only in a network you trust", icon="INFO")
        for model in MODELS.values():
            if model.warning and provider.offers(model):
                column = layout.column(align=True)
                for line in wrap(model.warning, _LINE_WIDTH):
                    column.label(text=line)
                layout.prop(self, "accepts_unofficial")

    def _draw_connection(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        row = layout.row(align=True)
        row.operator("nano_banana.test_connection", icon="LINKED")
        provider = PROVIDERS[self.provider]
        if provider.lists_models or provider.catalogue_path:
            row.operator("nano_banana.refresh_models", icon="FILE_REFRESH")
        session = getattr(context.window_manager, SESSION_PROPERTY)
        if session.connection:
            icon = "CHECKMARK" if session.connection_ok else "ERROR"
            column = layout.column(align=True)
            for paragraph in session.connection.splitlines():
                for line in wrap(paragraph, _LINE_WIDTH):
                    column.label(text=line, icon=icon)
                    icon = "BLANK1"


def _draw_action(row: bpy.types.UILayout, action: str) -> None:
    text = bpy.ops.nano_banana.keyring.get_rna_type().properties["action"].enum_items[action].name
    row.operator("nano_banana.keyring", text=text).action = action
