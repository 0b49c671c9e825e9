# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of the store: its location, its layout, and whether it can be used."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import NanoBananaError
from ...core.files import build_disk_error
from ...identity import HOME_FOLDER, HOME_VARIABLE


def default_home() -> Path:
    """The store's folder: the environment's, else the platform's per-user data folder.

    It is outside Blender's own folders: uninstalling an extension erases those, and they differ from one Blender
    version to the next.
    """
    override = os.environ.get(HOME_VARIABLE, "").strip()
    if override:
        return Path(override).expanduser().absolute()
    import platformdirs  # not when the add-on is enabled: importing costs time

    return Path(platformdirs.user_data_dir(HOME_FOLDER, appauthor=False))


@dataclass(frozen=True, slots=True)
class Home:
    """The sub-folders of a store's folder."""

    root: Path

    @property
    def database(self) -> Path:
        """Requests, states and the ledger."""
        return self.root / "history.sqlite"

    @property
    def results(self) -> Path:
        """Images as they were received, in a folder for each month."""
        return self.root / "results"

    @property
    def references(self) -> Path:
        """The files that were sent, named by the SHA-256 of their bytes."""
        return self.root / "references"

    @property
    def thumbnails(self) -> Path:
        """Thumbnails for the gallery; they can be made again."""
        return self.root / "thumbnails"

    def find_thumbnail(self, id: str) -> Path:
        """Where the thumbnail of a generation lies: of its result, and until then of how that looks so far."""
        return self.thumbnails / f"{id}.jpg"

    @property
    def turns(self) -> Path:
        """The model's turns of conversations, to be echoed byte for byte."""
        return self.root / "turns"

    @property
    def incoming(self) -> Path:
        """Captures that wait for the worker process."""
        return self.root / "incoming"

    @property
    def receiving(self) -> Path:
        """Answers that are arriving: a folder for each generation in progress."""
        return self.root / "receiving"

    @property
    def batches(self) -> Path:
        """Files of results of batches, until all of them are recorded."""
        return self.root / "batches"

    @property
    def materials(self) -> Path:
        """Maps of materials: a folder for each image and each way to make them."""
        return self.root / "materials"

    @property
    def delivered(self) -> Path:
        """Copies of images and maps for .blend files that keep them nowhere else: Blender may write to these."""
        return self.root / "delivered"

    @property
    def copies(self) -> Path:
        """Checked copies of the database; made when the first one is."""
        return self.root / "copies"

    @property
    def unreadable(self) -> Path:
        """The bytes of answers that could not be used: a folder for each generation."""
        return self.root / "unreadable"

    @property
    def alive(self) -> Path:
        """One locked file for each running Blender and worker process."""
        return self.root / "alive"

    @property
    def log(self) -> Path:
        """The logs of the worker processes."""
        return self.root / "log"

    def folders(self) -> tuple[Path, ...]:
        """Every folder that has to exist."""
        return (
            *(self.results, self.references, self.thumbnails, self.turns),
            *(self.incoming, self.receiving, self.batches, self.delivered, self.unreadable, self.alive, self.log),
        )


def open_home(root: Path) -> Home:
    """Create missing folders and check that the store is writable.

    Raises a DISK error that names the folder. A sub-folder that cannot be made is reported when it is needed: the
    history can be displayed without it.
    """
    home = Home(root)
    with convert_home_errors(root):
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_private(root)
        for folder in home.folders():
            with suppress(OSError):
                folder.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=root) as probe:
            probe.write(b"-")
    return home


def _make_private(root: Path) -> None:
    """Close a store to the computer's other users, with all files of one that was open until now.

    Windows has other permissions: there the folder inherits those of the user's own.
    """
    if os.name == "nt" or not root.stat().st_mode & 0o077:
        return
    with suppress(OSError):  # not ours
        root.chmod(0o700)
        for path in root.rglob("*"):
            if not path.is_symlink():
                path.chmod(0o700 if path.is_dir() else 0o600)


def unusable(path: Path, error: OSError) -> NanoBananaError:
    """The DISK error for a folder that cannot be used."""
    return build_disk_error(
        f"The folder of the history cannot be used: {path}",
        error,
        next_step="Choose another folder in the add-on's preferences, or free some disk space.",
    )


@contextmanager
def convert_home_errors(path: Path) -> Generator[None, None, None]:
    """Turn an `OSError` of the block into `unusable`."""
    try:
        yield
    except OSError as error:
        raise unusable(path, error) from error
