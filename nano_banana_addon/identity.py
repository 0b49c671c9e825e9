# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that must agree everywhere: in properties, operators, panels, files and data-blocks."""

from __future__ import annotations

#: The extension's id, as in the manifest; also the command's name: `blender -c nano_banana`.
EXTENSION_ID = "nano_banana"

#: What the user reads: the sidebar tab, the compositor group, the undo steps.
DISPLAY_NAME = "Nano Banana"

#: The icon of everything that pays again for what was requested before, and of nothing else.
PAID_AGAIN_ICON = "LOOP_FORWARDS"

#: The pointer properties on `Scene` (saved with the file) and `WindowManager` (of the session).
SCENE_PROPERTY = "nano_banana"
SESSION_PROPERTY = "nano_banana"

#: The pointer property on `Object`: what the note says that an empty stands for.
NOTE_PROPERTY = "nano_banana_note"

#: The pointer property on `Object`: the member of a cast that an asset carries to other files.
CAST_PROPERTY = "nano_banana_cast"

#: The context pointer of the add-on's own buttons and menu entries. They take everything from the scene, so that what
#: is missing there disables them; a script may pass it instead.
BUTTON_POINTER = "nano_banana_button"

#: The context pointers of buttons for which an operator asks for something else than the scene's choices say: that
#: needs an image and has none, and that generates keyframes.
NO_IMAGE_POINTER = "nano_banana_no_image"
KEYFRAMES_POINTER = "nano_banana_keyframes"

#: The custom property by which the add-on knows data-blocks that it made.
ID_TAG = "nano_banana"

#: The environment variable and the folder name of the store, which all Blender versions share.
HOME_VARIABLE = "NANO_BANANA_HOME"
HOME_FOLDER = "nano-banana"

#: The environment variable that, as "off", keeps the add-on from asking the system's keyring.
KEYRING_VARIABLE = "NANO_BANANA_KEYRING"

#: The environment variable with the provider's address on a worker of a render farm.
ADDRESS_VARIABLE = "NANO_BANANA_BASE_URL"

#: Sent as User-Agent; the version is the manifest's.
VERSION = "0.1.0"
