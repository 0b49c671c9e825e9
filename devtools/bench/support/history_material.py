# SPDX-License-Identifier: GPL-3.0-or-later
"""A history as years of work would leave it: long prompts, references, captures, answers, thumbnails, bills."""

from __future__ import annotations

import random
from pathlib import Path

from nano_banana_addon.core.constants import Kind, ReferenceRole, State
from nano_banana_addon.core.request import Delivery, GenerationRequest, Reference
from nano_banana_addon.core.result import Answer, Generation, Picture, Usage
from nano_banana_addon.core.scene.capture import Capture
from nano_banana_addon.storage.database import changes, ledger, records, search
from nano_banana_addon.storage.store import Store

_WORDS = """
rainy neon alley anime background painting watercolour harbour dusk lantern moss ruin brick market rooftop fog
copper rust velvet clay snow desert canyon cabin orchard temple bridge tram cobblestone ivy marble frost ember
tide lighthouse greenhouse observatory arcade"""
#: A generation in so many was never put into a file.
_LEFT = 100
_PRICE = 0.14
_START, _APART = 1_700_000_000.0, 900.0


def fill(home: Path, count: int) -> None:
    """Write the history, its index and its ledger."""
    dice = random.Random(7)  # noqa: S311 - no secret
    store = Store(home)
    thumbnails = write_thumbnails(home)
    with store.database.transaction() as connection:
        for number in range(count):
            moment = _START + number * _APART
            request, answer = make_request(dice, number), make_answer(store.home, number)
            generation = Generation(f"20260101-{number:010d}", request, tries=1)
            changes.insert(
                connection,
                store.home,
                request,
                id=generation.id,
                moment=moment,
                state=dice.choice([State.DONE] * 9 + [State.REFUSED]).value,
                grp="",
                delivered=int(number % _LEFT != 0),
                dismissed=1,
                cost=_PRICE,
                tries=1,
                favourite=int(number % 50 == 0),
                ended=moment,
                thumbnail=records.inside(store.home, thumbnails[number % len(thumbnails)]),
                answer=records.dump_answer(store.home, answer),
            )
            ledger.write_answer(connection, generation, answer, _PRICE, moment)
            write_record(store.places.results, generation.id, moment)
    search.catch_up(store.database, count)
    store.close()


def write_record(results: Path, id: str, moment: float) -> None:
    """Create the file beside a picture, in its month's folder, where a start looks for strays."""
    folder = results / ledger.month_of(moment)
    folder.mkdir(exist_ok=True)
    (folder / f"{id}-1.json").touch()


def write_thumbnails(home: Path) -> list[str]:
    """Write so many files that each page of the gallery shows others."""
    from PIL import Image

    paths = [home / "thumbnails" / f"{number}.jpg" for number in range(96)]
    for path in paths:
        Image.effect_noise((256, 144), 60).convert("RGB").save(path)
    return [str(path) for path in paths]


def make_request(dice: random.Random, number: int) -> GenerationRequest:
    """A request with a prompt of 60 words, four references and a capture."""
    references = tuple(
        Reference(role, f"/pictures/{dice.getrandbits(64):x}.png", sha256="a" * 64) for role in list(ReferenceRole)[-4:]
    )
    return GenerationRequest(
        " ".join(dice.choices(_WORDS.split(), k=60)) + f" number{number}",
        kind=dice.choice(list(Kind)),
        references=references,
        capture=Capture("CAMERA"),
        delivery=Delivery(name="x"),
        blend_path=f"/shots/shot{number % 200:04d}.blend",
        project=f"project {number % 7}",
    )


def make_answer(home: Path, number: int) -> Answer:
    """An answer with one picture."""
    path = str(home / "results" / f"{number}.jpg")
    picture = Picture(path, "b" * 64, "image/jpeg", 2752, 1536, 2_000_000)
    return Answer((picture,), usage=Usage(1000, 1200, 100, 2300, 1120), response_id=f"r{number}")
