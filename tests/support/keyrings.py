# SPDX-License-Identifier: GPL-3.0-or-later
"""Keyrings of their own for tests: a real D-Bus with GNOME's keyring on it, or with a service that misbehaves."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = b"the keyring's password"
_BUS_CONFIG = """<busconfig><type>session</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy>
</busconfig>"""

#: Why no real keyring can be asked here; "" if one can.
MISSING = (
    "keyrings over D-Bus: Linux only"
    if sys.platform != "linux"
    else "no dbus-daemon and gnome-keyring-daemon here"
    if not (shutil.which("dbus-daemon") and shutil.which("gnome-keyring-daemon"))
    else ""
)
needs_keyring = pytest.mark.skipif(bool(MISSING), reason=MISSING)


class Desktop:
    """A user's session: a bus, whose address is in this process's environment, and a home for keyrings."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.address = folder, f"unix:path={folder / 'bus'}"
        self.variables = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")}
        self.variables |= {"XDG_RUNTIME_DIR": str(folder), "DBUS_SESSION_BUS_ADDRESS": self.address}
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, given: bytes = b"") -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command, env=self.variables, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._processes.append(process)
        assert process.stdin
        process.stdin.write(given)
        process.stdin.close()
        return process

    def start_bus(self) -> None:
        config = self.folder / "bus.conf"
        config.write_text(_BUS_CONFIG.format(path=self.folder / "bus"))
        self.start("dbus-daemon", "--nofork", f"--config-file={config}")
        wait_for(lambda: is_listening(self.folder / "bus"))

    def start_keyring(self, *, unlocked: bool = True) -> None:
        """GNOME's keyring; its login keyring is made at the first unlocked start. Returns when it answers."""
        unlock = ("--unlock",) if unlocked else ()
        command = ("gnome-keyring-daemon", "--foreground", "--components=secrets", f"--control-directory={self.folder}")
        self.start(*command, *unlock, given=PASSWORD if unlocked else b"")
        wait_for(lambda: has_owner(self.address))

    def stop_keyring(self) -> None:
        self._stop(self._processes.pop())
        wait_for(lambda: not has_owner(self.address))

    def stop(self) -> None:
        while self._processes:
            self._stop(self._processes.pop())

    @staticmethod
    def _stop(process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()


def is_listening(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as tried:
        return tried.connect_ex(str(path)) == 0


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def has_owner(address: str) -> bool:
    """Whether somebody has the name of the Secret Service."""
    from jeepney import message_bus
    from jeepney.io.blocking import Proxy, open_dbus_connection

    with open_dbus_connection(address) as connection:
        return bool(Proxy(message_bus, connection).NameHasOwner("org.freedesktop.secrets")[0])


@contextmanager
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """A bus without a keyring on it yet."""
    folder = Path(tempfile.mkdtemp(prefix="nbk-"))  # short: the path of a socket may have 107 characters
    desktop = Desktop(folder)
    try:
        desktop.start_bus()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", desktop.address)
        monkeypatch.setenv("NANO_BANANA_KEYRING", "")
        yield desktop
    finally:
        desktop.stop()
        shutil.rmtree(folder, ignore_errors=True)


#: What a service of the tests answers to a method: the signature and the values, an exception's name, None for never.
Answer = tuple[str, tuple[object, ...]] | str | None
_ITEM, _PROMPT, _SESSION = "/item", "/prompt", "/session"
_USUAL: dict[str, Answer] = {
    "OpenSession": ("vo", (("s", ""), _SESSION)),
    "SearchItems": ("aoao", ([_ITEM], [])),
    "Unlock": ("aoo", ([], _PROMPT)),
    "ReadAlias": ("o", ("/collection",)),
    "Prompt": ("", ()),
    "Dismiss": ("", ()),
    "CreateItem": ("oo", ("/", _PROMPT)),
    "Delete": ("o", ("/",)),
}


@contextmanager
def serving(
    desktop: Desktop, answers: dict[str, Answer], prompt: tuple[bool, str] | None = None
) -> Iterator[list[str]]:
    """A Secret Service that answers as told, besides what is usual; a prompt ends with (dismissed, path). Its calls."""
    from jeepney import message_bus
    from jeepney.io.blocking import Proxy, open_dbus_connection

    calls: list[str] = []
    connection = open_dbus_connection(desktop.address)
    Proxy(message_bus, connection).RequestName("org.freedesktop.secrets")
    arguments = (connection, _USUAL | answers, prompt, calls)
    thread = threading.Thread(target=_serve, args=arguments, daemon=True)
    thread.start()
    try:
        yield calls
    finally:
        connection.sock.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        connection.close()


def _serve(connection, answers: dict[str, Answer], prompt: tuple[bool, str] | None, calls: list[str]) -> None:
    from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_return, new_signal

    while True:
        try:
            message = connection.receive()
        except (OSError, ValueError):
            return
        if message.header.message_type is not MessageType.method_call:
            continue
        method = message.header.fields[HeaderFields.member]
        calls.append(method)
        answer = answers.get(method, "org.freedesktop.DBus.Error.UnknownMethod")
        if isinstance(answer, str):
            connection.send(new_error(message, answer, "s", ("a text with planted-key-0123456789",)))
        elif answer is not None:
            connection.send(new_method_return(message, *answer))
        if method == "Prompt" and prompt is not None:
            emitter = DBusAddress(_PROMPT, interface="org.freedesktop.Secret.Prompt")
            connection.send(new_signal(emitter, "Completed", "bv", (prompt[0], ("o", prompt[1]))))


def main() -> None:
    """Serve an empty, unlocked keyring until the standard input ends; its bus' address is printed, "" without one."""
    if MISSING:
        sys.stdout.write("\n")
        return
    folder = Path(tempfile.mkdtemp(prefix="nbk-"))
    desktop = Desktop(folder)
    try:
        desktop.start_bus()
        desktop.start_keyring()
        sys.stdout.write(f"{desktop.address}\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        desktop.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
