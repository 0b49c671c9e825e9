# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist does for a minute in a Blender of the soak tests, while another works in the same history."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from nano_banana_addon.core.constants import State
from nano_banana_addon.features import costs
from nano_banana_addon.features.history import gallery
from nano_banana_addon.session import pump, session, thumbnails
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.database.query import HistoryQuery

#: Seconds that what was asked for may take to come when the minute is over.
_PATIENCE = 90.0
_AT_ONCE = 4


class Artist:
    """Asks, looks, marks and deletes at random for so many seconds; `me` begins the names of what it asks for."""

    def __init__(self, press: Callable[..., Any], *, me: str, seconds: float, seed: int, folder: str) -> None:
        self._press, self._me, self._seconds = press, me, seconds
        self._dice = random.Random(f"{seed}{me}")
        self._folder = Path(folder)
        self._asked: dict[str, str] = {}  # ids, by name
        self._seen: set[str] = set()
        self._marked: set[str] = set()
        self._deleted: set[str] = set()
        self._aged: set[str] = set()
        self._done: dict[str, int] = {}

    def work(self) -> dict[str, Any]:
        """Everything that was done, by the ids of what it was done to."""
        deeds = (
            *(self._ask, self._ask, self._ask, self._turn_pages, self._search, self._look_closer),
            *(self._mark, self._delete, self._clean_up, self._read_the_ledger),
        )
        end = time.monotonic() + self._seconds
        while time.monotonic() < end:
            deed = self._dice.choice(deeds)
            deed()
            self._done[deed.__name__] = self._done.get(deed.__name__, 0) + 1
            pump.tick()
            thumbnails.show_page([entry.thumbnail for entry in gallery.get_gallery().entries])
        self._until_all_has_come()
        return {
            "asked": self._asked,
            "seen": sorted(self._seen),
            "marked": sorted(self._marked),
            "deleted": sorted(self._deleted),
            "aged": sorted(self._aged),
            "done": self._done,
        }

    def _until_all_has_come(self) -> None:
        here, end = session.current(), time.monotonic() + _PATIENCE
        while here.under_way or here.to_deliver:
            assert time.monotonic() < end, (list(here.under_way), here.to_deliver)
            pump.tick()
            time.sleep(0.02)

    def _ask(self) -> None:
        """A picture for the file, or one that only goes into the history."""
        if len(session.current().under_way) >= _AT_ONCE:
            time.sleep(0.02)
            return
        keep = self._dice.random() < 0.7
        name = f"shot-{self._me}-{len(self._asked)}" + ("" if keep else "-draft")
        case = f"[[sim:silence seconds={self._dice.uniform(0.0, 0.5):.2f}]]"
        self._asked |= self._press([name], case=case, to_image=keep)["ids"]

    def _turn_pages(self) -> None:
        """From the first page on to some other."""
        shown = gallery.get_gallery()
        shown.text = ""
        bpy.ops.nano_banana.history_refresh()
        for _ in range(self._dice.randint(0, gallery.page_count())):
            self._note_seen()
            bpy.ops.nano_banana.history_page(step=1)
        self._note_seen()
        bpy.ops.nano_banana.history_page(step=-gallery.page_count())

    def _note_seen(self) -> None:
        self._seen |= {entry.name for entry in gallery.get_gallery().entries}

    def _search(self) -> None:
        """For a word of everybody's, and for what this artist has asked for: all of that is found."""
        shown = gallery.get_gallery()
        shown.text = "harbour"
        self._note_seen()
        shown.text = f"shot-{self._me}-"
        assert shown.total == len(set(self._asked.values()) - self._gone()), shown.total
        shown.text = ""

    def _look_closer(self) -> None:
        entries = [entry.name for entry in gallery.get_gallery().entries]
        if entries:
            bpy.ops.nano_banana.history_choose(generation=self._dice.choice(entries))

    def _mark(self) -> None:
        """A favourite of one's own."""
        if self._dice.random() < 0.4 and (mine := self._mine()):
            self._marked.add(mine)
            bpy.ops.nano_banana.favourite(generation=mine, value=True)

    def _delete(self) -> None:
        """One of one's own, now and then."""
        if self._dice.random() < 0.4 and (mine := self._mine()):
            bpy.ops.nano_banana.delete_generation(generation=mine)
            self._deleted.add(mine)

    def _mine(self) -> str:
        """The id of a picture that this artist has asked for, has, and did not mark; "" if there is none."""
        query = HistoryQuery(f"shot-{self._me}-", favourite=False, states=frozenset({State.DONE}))
        here = session.current()
        found = [each.id for each in here.store.page(query, 0, 100)]
        in_file = [each for each in found if each not in {*here.under_way, *here.to_deliver}]
        return self._dice.choice(in_file) if in_file else ""

    def _clean_up(self) -> None:
        """The drafts that were made long ago: this makes some of them so old first, favourites too."""
        if self._dice.random() < 0.5:
            return
        store = session.current().store
        query = HistoryQuery(f"shot-{self._me}-", states=frozenset({State.DONE}))
        drafts = [g.id for g in store.page(query, 0, 100) if "-draft" in g.request.prompt]
        old = set(self._dice.sample(drafts, min(2, len(drafts))))
        self._aged |= old - self._marked
        with store.database.transaction() as connection:
            for each in old:
                connection.execute(
                    "UPDATE generations SET created = created - :by, ended = ended - :by WHERE id = :id",
                    {"by": 100 * 86400, "id": each},
                )
        bpy.ops.nano_banana.clean_up_history(days=90)

    def _gone(self) -> set[str]:
        """What is no longer in the history, by anybody's hand."""
        rows = session.current().store.database.rows("SELECT id FROM deleted")
        return {row[0] for row in rows}

    def _read_the_ledger(self) -> None:
        """The panel's sums, and the file."""
        costs.refresh()
        store = session.current().store
        before = ledger.total(store.database)
        path = self._folder / f"ledger-{self._me}.csv"
        bpy.ops.nano_banana.export_ledger(filepath=str(path))
        lines = len(path.read_text(encoding="utf-8").splitlines()) - 1
        after = ledger.total(store.database)
        assert before.answers <= lines <= after.answers, (before, lines, after)
