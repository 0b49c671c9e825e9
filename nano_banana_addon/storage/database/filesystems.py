# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a folder is on a network drive.

SQLite's write-ahead log needs memory shared between the programs that use the file (sqlite.org/wal.html), which only a
local disk supports.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_NETWORK_TYPES = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
        "afpfs",
        "webdav",
        "davfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "gpfs",
        "beegfs",
        "ncpfs",
        "fuse.sshfs",
        "fuse.rclone",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.davfs2",
        "fuse.cephfs",
        "prl_fs",
        "vboxsf",
        "vmhgfs",
        "fuse.vmhgfs-fuse",
    ]
)
#: Options of a mount by which file locks hold on this machine alone.
_LOCAL_LOCKS = frozenset({"nolock", "local_lock=all", "local_lock=flock", "local_lock=posix", "nobrl"})
_DRIVE_REMOTE = 4  # GetDriveTypeW
_DARWIN_TYPE_OFFSET = 72  # of f_fstypename in the 64-bit struct statfs


def on_network(folder: Path) -> bool:
    """True when a folder is known to be on another machine; False when it is local or unknown."""
    if sys.platform == "win32":
        return _windows_remote(folder)
    kind = _darwin_type(folder) if sys.platform == "darwin" else _linux_type(folder)
    return kind in _NETWORK_TYPES


def has_local_locks(folder: Path, mounts: Path = Path("/proc/mounts")) -> bool:
    """True when a folder is known to be mounted so that other machines do not see this one's file locks."""
    kind, options = _linux_mount(folder, mounts)
    return kind in _NETWORK_TYPES and not _LOCAL_LOCKS.isdisjoint(options.split(","))


def _linux_type(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    return _linux_mount(folder, mounts)[0]


def _linux_mount(folder: Path, mounts: Path) -> tuple[str, str]:
    """Type and options of the mount that holds a folder: the longest mount point above it, the last of equal ones."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return "", ""
    wanted = os.path.realpath(folder)
    best, found = "", ("", "")
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 4:
            continue
        point = _unescape(fields[1])
        below = wanted == point or wanted.startswith(point.rstrip("/") + "/")
        if below and len(point) >= len(best):
            best, found = point, (fields[2], fields[3])
    return found


def _unescape(text: str) -> str:
    """Mount points are written with octal escapes for blanks and backslashes."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text


def _darwin_type(folder: Path) -> str:
    library = ctypes.CDLL(None)
    call = getattr(library, "statfs$INODE64", None) or library.statfs
    buffer = ctypes.create_string_buffer(4096)
    if call(os.fsencode(folder), buffer) != 0:
        return ""
    name = buffer.raw[_DARWIN_TYPE_OFFSET : _DARWIN_TYPE_OFFSET + 16]
    return name.split(b"\0", 1)[0].decode("ascii", "replace")


def _windows_remote(folder: Path) -> bool:
    anchor = folder.resolve().anchor
    if anchor.startswith("\\\\"):
        return True
    if sys.platform != "win32":
        return False
    return bool(ctypes.windll.kernel32.GetDriveTypeW(anchor) == _DRIVE_REMOTE)
