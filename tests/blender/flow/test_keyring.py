# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys in a real keyring: moved there, used, found after a restart; and Blender goes on when the keyring does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
import pytest

import nano_banana_addon.storage.keyring.cache as cache
import nano_banana_addon.storage.keyring.secret_service as secret_service
from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import credentials, preferences
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.features.generation import readiness
from nano_banana_addon.session import background_tasks, panel_state, session
from tests.support import keyrings
from tests.support.keyrings import Desktop

from .conftest import KEY, latest, press

pytestmark = keyrings.needs_keyring
ROOT = Path(__file__).resolve().parents[3]
_AFTER_A_RESTART = """
from bl_ext.user_default.nano_banana.nano_banana_addon.blender.host import credentials
from bl_ext.user_default.nano_banana.nano_banana_addon.storage.keyring import cache
cache.wait("google", 20)
found = credentials.find_credential("google")
print("found", found.origin, found.key[::-1])
"""


@pytest.fixture(autouse=True)
def desktop(google: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """A bus of its own; no key in the environment or the preferences."""
    monkeypatch.delenv("GEMINI_API_KEY")
    preferences.get_preferences().key_google = ""
    with keyrings.session(monkeypatch) as running:
        cache.forget()
        yield running
    cache.forget()
    preferences.get_preferences().key_google = ""


@pytest.fixture
def gnome(desktop: Desktop) -> Desktop:
    """GNOME's keyring, unlocked."""
    desktop.start_keyring()
    return desktop


def find() -> credentials.Credential:
    cache.forget()
    cache.wait("google", 20)
    return credentials.find_credential("google")


def move(key: str = KEY) -> set[str]:
    preferences.get_preferences().key_google = key
    return bpy.ops.nano_banana.keyring(action="MOVE")


def test_a_moved_key_pays_and_stands_in_no_file_of_blender(
    gnome: Desktop, scene: bpy.types.Scene, server: Simulator, turned: Callable[..., None], resources: Path
) -> None:
    preferences.get_preferences().key_google = KEY
    bpy.ops.wm.save_userpref()
    assert move() == {"FINISHED"}
    assert preferences.get_preferences().key_google == ""
    assert find() == credentials.Credential(KEY, "keyring")
    bpy.ops.wm.save_userpref()
    files = [path for path in resources.rglob("*") if path.is_file() and path.suffix == ".blend"]
    assert files
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    press(prompt="a key from the keyring")
    turned(lambda: not session.current().under_way)
    assert latest().state is State.DONE


def test_a_moved_key_is_there_after_a_restart(gnome: Desktop, resources: Path, tmp_path: Path) -> None:
    move()
    script = tmp_path / "restart.py"
    script.write_text(_AFTER_A_RESTART)
    # A profile of its own: the other Blender takes the extension's wheels away when it ends.
    shutil.copytree(resources, tmp_path / "profile", symlinks=True)
    command = [sys.executable, "-P", str(ROOT / "devtools" / "in_blender.py"), "script", str(script)]
    variables = os.environ | {"NANO_BANANA_HOME": str(tmp_path / "store")}
    variables["BLENDER_USER_RESOURCES"] = str(tmp_path / "profile")
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120)
    assert f"found keyring {KEY[::-1]}" in done.stdout, done.stderr
    assert KEY not in done.stdout + done.stderr


def test_the_environment_wins_and_the_keyring_comes_before_the_preferences(
    gnome: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    move()
    preferences.get_preferences().key_google = "in-the-preferences"
    assert find() == credentials.Credential(KEY, "keyring")
    monkeypatch.setenv("GEMINI_API_KEY", "in-the-environment")
    assert find().origin == "environment variable GEMINI_API_KEY"
    monkeypatch.delenv("GEMINI_API_KEY")
    assert bpy.ops.nano_banana.keyring(action="REMOVE") == {"FINISHED"}
    assert find() == credentials.Credential("in-the-preferences", "preferences")


def test_without_a_keyring_the_preferences_work_as_before(desktop: Desktop) -> None:
    with pytest.raises(RuntimeError, match="There is no keyring on this computer"):
        move()
    assert preferences.get_preferences().key_google == KEY
    found = find()
    assert (found.key, found.origin) == (KEY, "preferences")
    assert found.is_absent
    assert readiness.find_provider_blocker() == (None, "")


def test_a_locked_keyring_is_told_and_the_preferences_step_in(gnome: Desktop) -> None:
    move()
    gnome.stop_keyring()
    gnome.start_keyring(unlocked=False)
    assert find().is_unlockable
    assert readiness.find_provider_blocker() == (ErrorKind.KEY_MISSING, "The keyring is locked.")
    with pytest.raises(NanoBananaError, match="locked") as caught:
        credentials.resolve_key("google")
    assert "Unlock it" in caught.value.next_step
    preferences.get_preferences().key_google = "in-the-preferences"
    assert credentials.resolve_key("google") == "in-the-preferences"


def test_a_keyring_that_denies_leaves_the_key_in_the_preferences(desktop: Desktop) -> None:
    with (
        keyrings.serving(desktop, {"SearchItems": ("aoao", ([], []))}, prompt=(True, "/")),
        pytest.raises(RuntimeError, match="was not unlocked"),
    ):
        move()
    assert preferences.get_preferences().key_google == KEY


def test_a_keyring_that_reads_back_another_key_leaves_it_in_the_preferences(desktop: Desktop) -> None:
    other = ("(oayays)", (("/session", b"", b"another", "text/plain"),))
    with (
        keyrings.serving(desktop, {"GetSecret": other}, prompt=(False, "/item")),
        pytest.raises(RuntimeError, match="reported an error"),
    ):
        move()
    assert preferences.get_preferences().key_google == KEY


def test_panels_do_not_wait_for_a_keyring_that_never_answers(
    desktop: Desktop, scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_service, "PATIENCE", 0.5)
    with keyrings.serving(desktop, {"SearchItems": None}):
        cache.forget()
        assert credentials.find_credential("google").is_pending
        assert readiness.find_provider_blocker()[1] == "The keyring is being read."
        preferences.get_preferences().key_google = KEY
        assert credentials.resolve_key("google") == KEY  # waits without a window, not for ever


def test_a_button_returns_at_once_and_the_answer_comes_later(gnome: Desktop) -> None:
    from nano_banana_addon.features.provider import stored_keys

    preferences.get_preferences().key_google = KEY
    stored_keys.move("google")
    assert preferences.get_preferences().key_google == KEY  # until it was read back
    keyrings.wait_for(lambda: background_tasks._poll() is None)
    assert preferences.get_preferences().key_google == ""
    assert panel_state.get_properties().connection.startswith("The key was moved to the keyring.")


def test_a_key_that_was_changed_while_it_moved_is_not_lost(gnome: Desktop) -> None:
    from nano_banana_addon.features.provider import stored_keys

    preferences.get_preferences().key_google = KEY
    stored_keys.move("google")
    preferences.get_preferences().key_google = "a-newer-key"
    keyrings.wait_for(lambda: background_tasks._poll() is None)
    assert preferences.get_preferences().key_google == "a-newer-key"


def test_there_is_nothing_to_move_without_a_key(gnome: Desktop) -> None:
    with pytest.raises(RuntimeError, match="hold no key"):
        move("")
