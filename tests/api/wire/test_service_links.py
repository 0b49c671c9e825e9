# SPDX-License-Identifier: GPL-3.0-or-later
"""Images behind links that a service names: good ones, and bad ones."""

from __future__ import annotations

import pytest

from nano_banana_addon.core.errors import ErrorKind

from .services import CASES, fail, order, replace_folder, serve

pytestmark = pytest.mark.usefixtures("quick")


@pytest.mark.parametrize("case", [CASES[0], CASES[4], CASES[6]], ids=str)
def test_links_are_fetched_without_the_key_and_kept_before(case, tmp_path):
    tickets: list[str] = []
    with serve(case, tmp_path) as (sim, caller):
        sim.script("links")
        assert caller.ask(order(case), on_ticket=tickets.append).result
        again = replace_folder(caller, tmp_path / "again").ask(order(case), ticket=tickets[0])
        assert again.result
        assert len(sim.billed) == 1


LINKED = [CASES[2], CASES[3], CASES[7]]


@pytest.mark.parametrize("case", LINKED, ids=str)
@pytest.mark.parametrize(
    ("script", "options", "kind"),
    [
        ("result_redirect", {"to": "http://10.0.0.1/x.png"}, ErrorKind.ANSWER),
        ("result_redirect", {"to": "https://192.168.1.1/x.png"}, ErrorKind.ANSWER),
        ("result_redirect", {"to": "https://[::ffff:10.0.0.1]/x.png"}, ErrorKind.ANSWER),
        ("result_redirect", {"to": "file:///etc/passwd"}, ErrorKind.ANSWER),
        ("result_redirect", {"hops": 9}, ErrorKind.ANSWER),
        ("huge_result", {}, ErrorKind.ANSWER),
        ("html_result", {}, ErrorKind.ANSWER),
        ("link_life", {"seconds": 0}, ErrorKind.ANSWER),
        ("short_result", {}, ErrorKind.UNKNOWN_RESULT),
    ],
)
def test_a_bad_link_ends_in_words_and_leaks_nothing(case, script, options, kind, tmp_path, caplog):
    with serve(case, tmp_path) as (sim, caller):
        sim.script(script, **options)
        error = fail(caller, order(case))
        assert error.kind is kind
        assert len(sim.billed) == 1, "fetching again orders nothing"
        assert "X-Signature" not in repr(vars(error)) + caplog.text


@pytest.mark.parametrize("case", LINKED, ids=str)
@pytest.mark.parametrize(("script", "options"), [("flaky_result", {}), ("result_redirect", {"hops": 2})])
def test_a_link_that_needs_patience_is_no_error(case, script, options, tmp_path):
    with serve(case, tmp_path) as (sim, caller):
        sim.script(script, **options)
        assert caller.ask(order(case)).result
