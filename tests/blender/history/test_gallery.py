# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery shows what the store has, a page at a time, and what is chosen in every detail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import pytest
from PIL import Image

from nano_banana_addon.core.constants import DeliveryKind, Kind, ReferenceRole
from nano_banana_addon.core.request import Delivery, Reference
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features.history import gallery
from nano_banana_addon.session import session
from nano_banana_addon.storage.store import Store

Painted = Callable[..., Generation]


def titles() -> list[str]:
    return [entry.title for entry in gallery.get_gallery().entries]


def test_pages_hold_24_the_newest_first_and_turning_stays_within_them(painted: Painted) -> None:
    for number in range(26):
        painted(f"picture {number}")
    gallery.refill()
    shown = gallery.get_gallery()
    assert (titles()[0], len(titles()), shown.total) == ("picture 25", 24, 26)
    bpy.ops.nano_banana.history_page(step=1)
    assert titles() == ["picture 1", "picture 0"]
    bpy.ops.nano_banana.history_page(step=5)
    assert titles() == ["picture 1", "picture 0"]
    bpy.ops.nano_banana.history_page(step=-9)
    assert titles()[0] == "picture 25"


def test_searching_shows_the_first_page_of_what_is_found(painted: Painted) -> None:
    for number in range(30):
        painted(f"moss {number}" if number % 15 == 0 else f"snow {number}")
    gallery.refill()
    bpy.ops.nano_banana.history_page(step=1)
    gallery.get_gallery().text = "MOSS"
    assert titles() == ["moss 15", "moss 0"]
    assert gallery.get_gallery().page == 0
    gallery.get_gallery().text = ""
    assert gallery.get_gallery().total == 30


def test_filters_combine(painted: Painted, store: Store) -> None:
    painted("one", project="film", kind=Kind.STORYBOARD)
    star = painted("two", project="film")
    painted("three", project="game")
    store.set_favourite(star.id)
    shown = gallery.get_gallery()
    shown.project = "film"
    assert titles() == ["two", "one"]
    shown.kind = "STORYBOARD"
    assert titles() == ["one"]
    shown.kind, shown.favourite = "ALL", True
    assert titles() == ["two"]
    shown.state = "REFUSED"
    assert titles() == []
    assert {item.name for item in shown.projects} == {"film", "game"}


def test_details_tell_the_exact_request_and_its_bill(painted: Painted) -> None:
    prompt = "a harbour\nat dusk, with öl lamps " * 20
    made = painted(prompt, image_size="4K", aspect_ratio="16:9", seed=7)
    bpy.ops.nano_banana.history_choose(generation=made.id)
    details = gallery.get_gallery().details
    assert details.prompt == prompt
    assert details.provenance == "AI-generated (SynthID)"
    facts = {fact.name: fact.value for fact in details.facts}
    assert facts["Size"] == "4K  16:9"
    assert facts["Seed"] == "7"
    assert facts["Response"] == "r-1"
    assert facts["Cost"] == "$0.13"
    assert "gemini-3-pro-image" in facts["Model"]
    assert {"Requested", "Sent", "Ended"} <= facts.keys()


def test_the_exact_request_can_be_read_word_for_word(painted: Painted, tmp_path: Path) -> None:
    style = tmp_path / "ink.png"
    Image.new("RGB", (8, 8)).save(style)
    reference = Reference(ReferenceRole.STYLE, str(style), "Ink")
    made = painted("a neon alley", provider="google", references=(reference,), seed=7)
    assert bpy.ops.nano_banana.sent_request(generation=made.id) == {"FINISHED"}
    words = bpy.data.texts["Nano Banana Request"].as_string()
    assert "a neon alley" in words
    assert "Ink" in words
    assert '"seed": 7' in words
    assert made.id in words
    style.unlink()
    with pytest.raises(RuntimeError, match=r"ink\.png"):
        bpy.ops.nano_banana.sent_request(generation=made.id)


def test_thumbnails_that_were_cleared_away_are_no_loss(painted: Painted, store: Store) -> None:
    made = painted("a harbour")
    Path(made.thumbnail).unlink()
    gallery.refill()
    gallery.show_details(made.id)
    shown = gallery.get_gallery()
    assert shown.entries[0].thumbnail == shown.details.thumbnail == made.answer.result.path


def test_an_offline_preview_says_so_and_never_synthid(painted: Painted) -> None:
    made = painted("x", provider="offline")
    bpy.ops.nano_banana.history_choose(generation=made.id)
    details = gallery.get_gallery().details
    assert details.offline
    assert details.provenance.startswith("Offline preview")


def test_use_these_settings_again_chooses_everything(painted: Painted, tmp_path: Path) -> None:
    style = tmp_path / "ink.png"
    bpy.data.images.new("ink", 8, 8).save(filepath=str(style))
    scene = bpy.context.scene
    choices = scene.nano_banana
    wanted = {
        "prompt": "a neon alley",
        "source": "RENDER",
        "fit": "CROP",
        "shading": "SOLID",
        "only_selected": True,
        "transparent": True,
        "image_size": "4K",
        "aspect_ratio": "21:9",
        "thinking_level": "LOW",
        "seed": 5,
        "to_material": True,
        "to_image": False,
        "project": "film",
    }
    made = painted(
        "a neon alley",
        image_size="4K",
        aspect_ratio="21:9",
        thinking_level="LOW",
        seed=5,
        project="film",
        references=(
            Reference(ReferenceRole.STYLE, str(style), "Ink"),
            Reference(ReferenceRole.STRUCTURE, str(style)),
        ),
        delivery=Delivery(kinds=(DeliveryKind.MATERIAL,)),
        choices={
            "source": "RENDER",
            "fit": "CROP",
            "shading": "SOLID",
            "only_selected": "True",
            "transparent": "True",
            "aspect_ratio": "21:9",
        },
    )
    choices.references.add().path = "other.png"
    choices.google_search = True
    bpy.ops.nano_banana.use_settings(generation=made.id)
    assert {name: getattr(choices, name) for name in wanted} == wanted
    assert not choices.google_search
    assert [(r.name, r.role, r.path) for r in choices.references] == [("Ink", "STYLE", str(style))]


def test_what_a_request_keeps_names_choices_that_exist() -> None:
    from nano_banana_addon.core.options import decode_state, encode_state
    from nano_banana_addon.core.settings import OPTIONS, Settings

    settings = Settings(only_selected=True, source="IMAGE", source_image="a.png")
    words = encode_state(OPTIONS.values(), settings)
    assert set(words) <= set(OPTIONS)
    assert Settings().replace_choices(decode_state(OPTIONS.values(), words)) == settings


def test_deleting_removes_the_stores_files_and_nothing_else(painted: Painted, store: Store, tmp_path: Path) -> None:
    mine = tmp_path / "mine.png"
    mine.write_bytes(b"not ours")
    made = painted("x", references=(Reference(ReferenceRole.STYLE, str(mine), "mine"),))
    other = painted("y")
    picture = Path(made.answer.result.path)
    gallery.refill()
    bpy.ops.nano_banana.delete_generation(generation=made.id)
    assert not picture.exists()
    assert mine.exists()
    assert Path(other.answer.result.path).exists()
    assert titles() == ["y"]
    assert store.get(made.id) is None


def test_favourites_are_marked_where_they_are_shown(painted: Painted, store: Store) -> None:
    made = painted("x")
    bpy.ops.nano_banana.favourite(generation=made.id, value=True)
    assert store.get(made.id).favourite
    assert gallery.get_gallery().entries[0].favourite


def test_revealing_a_file_that_is_gone_says_so(painted: Painted) -> None:
    made = painted("x")
    bpy.ops.nano_banana.reveal_file(generation=made.id)
    Path(made.answer.result.path).unlink()
    with pytest.raises(RuntimeError, match="The file does not exist"):
        bpy.ops.nano_banana.reveal_file(generation=made.id)


def test_the_shown_image_leads_to_its_generation(painted: Painted) -> None:
    from types import SimpleNamespace

    made = painted("x")
    bpy.ops.nano_banana.apply(generation=made.id, kind="IMAGE")
    image = next(i for i in bpy.data.images if i.get("nano_banana_generation"))
    assert gallery.find_shown_generation(SimpleNamespace(image=image)) == made.id
    assert gallery.find_shown_generation(SimpleNamespace(image=None)) == ""
    assert gallery.find_shown_generation(SimpleNamespace(image=bpy.data.images.new("own", 4, 4))) == ""


def test_without_a_store_the_gallery_is_empty_and_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "nothing"
    monkeypatch.setenv("NANO_BANANA_HOME", str(home))
    session.close()
    gallery.refill()
    assert gallery.get_gallery().total == 0
    assert not home.exists()
