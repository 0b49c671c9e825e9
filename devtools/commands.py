# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of dev.py: each parses its arguments, calls one module of devtools/, and returns an
exit status."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from devtools import architecture, windows
from devtools import build as building
from devtools.bench import BENCHES
from devtools.blender import Blender, prepare_blender
from devtools.environments import ensure_environment
from devtools.manual import pictures as manual_pictures
from devtools.manual import site
from devtools.mutants import run as mutants
from devtools.paths import DIST, PROFILES, ROOT, caller_folder
from devtools.pythons import BLENDERS, PythonMissing, choose_blender
from devtools.release import checks as release_checks
from devtools.release.publish import write_release
from devtools.suite import checks
from devtools.suite.parts import Options
from devtools.wheels import TARGETS

Command = Callable[[list[str]], int]
_SIZE, _SECONDS = "1200x800", 600  # of a window, and what one of its cases may take on a slow machine


def _report_errors(command: Command) -> Command:
    """Print a failure of the set-up as one sentence; the tools below have printed theirs already."""

    @wraps(command)
    def run_reporting(argv: list[str]) -> int:
        try:
            return command(argv)
        except (PythonMissing, release_checks.ReleaseError) as error:
            print(f"dev.py: {error}", file=sys.stderr)
        except subprocess.CalledProcessError as error:
            line = " ".join(map(str, error.cmd[:6])) if isinstance(error.cmd, list) else error.cmd
            print(f"dev.py: this failed with status {error.returncode}: {line} …", file=sys.stderr)
        return 1

    return run_reporting


def _make_parser(name: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"dev.py {name}", allow_abbrev=False)


def _make_blender_parser(name: str) -> argparse.ArgumentParser:
    parser = _make_parser(name)
    parser.add_argument("--blender", choices=sorted(BLENDERS), help="default: the newest that can run here")
    return parser


@_report_errors
def test(argv: list[str]) -> int:
    parser = _make_parser("test")
    parser.add_argument("--soak", action="store_true", help="the long tests too")
    names = ", ".join(checks.NAMES)
    parser.add_argument("--only", metavar="NAMES", help=f"of {names}; separated by commas")
    parser.add_argument("--serial", action="store_true", help="one by one, output as it comes")
    parser.add_argument("--coverage", action="store_true", help="lines that 'pure' runs; fails below 95 %%")
    help_text = "end a part when nothing has come from it for so long (10; with --soak 45)"
    parser.add_argument("--silence", type=float, metavar="MINUTES", help=help_text)
    help_text = (
        "instead of the tests: put faults into the layers that need no Blender, and list those that no test notices"
    )
    parser.add_argument("--mutants", type=float, nargs="?", const=20.0, metavar="MINUTES", help=f"{help_text} (20)")
    parser.add_argument("--seed", type=int, help="the faults that an earlier --mutants tried")
    options, pytest_arguments = parser.parse_known_args(argv)
    if options.mutants is not None:
        return mutants.run(ensure_environment("test"), options.mutants, options.seed, pytest_arguments)
    usual = [name for name in checks.NAMES if options.soak or name != "soak"]
    chosen = options.only.split(",") if options.only else usual
    if unknown := set(chosen) - set(checks.NAMES):
        parser.error(f"--only: unknown {', '.join(sorted(unknown))}")
    if options.coverage and "pure" not in chosen:
        parser.error("--coverage measures 'pure', which --only leaves out")
    run_options = Options(tuple(pytest_arguments), options.soak, options.serial, options.coverage, options.silence)
    return checks.run_checks(chosen, run_options)


@_report_errors
def lint(argv: list[str]) -> int:
    parser = _make_parser("lint")
    parser.add_argument("--fix", action="store_true", help="mend and format what can be mended mechanically")
    if parser.parse_args(argv).fix:
        ruff = [str(ensure_environment("lint")), "-m", "ruff"]
        subprocess.run([*ruff, "check", "--fix", "--quiet"], cwd=ROOT)
        subprocess.run([*ruff, "format"], cwd=ROOT)
    return checks.run_checks(["lint", "format", "types"], Options())


@_report_errors
def draw_map(argv: list[str]) -> int:
    _make_parser("map").parse_args(argv)
    print(architecture.write().relative_to(ROOT))
    return 0


@_report_errors
def manual(argv: list[str]) -> int:
    _make_parser("manual").parse_args(argv)
    done = site.build(ensure_environment("manual"))
    print(done.stdout, end="", file=sys.stderr)
    if done.returncode == 0:
        print((site.FOLDER / "index.html").relative_to(ROOT))
    return done.returncode


@_report_errors
def build(argv: list[str]) -> int:
    _make_blender_parser("build").parse_args(argv)
    return _publish()


@_report_errors
def release(argv: list[str]) -> int:
    parser = _make_parser("release")
    parser.add_argument("version", metavar="VERSION", help="as in the manifest and the changelog, such as 0.2.0")
    version = parser.parse_args(argv).version
    release_checks.check_version(ROOT, version)
    release_checks.check_checkout(ROOT, version)
    return _publish()


def _publish() -> int:
    """Write the zips and the repository of them into dist/ and list its files. With one Blender's tool, the newest:
    its lists are part of what shall be the same bytes everywhere."""
    python = ensure_environment(f"blender-{choose_blender(None)}")
    zips = building.build(python, list(TARGETS))
    for path in write_release(DIST, python, zips, release_checks.find_date(ROOT)):
        is_own = path.suffix == ".zip" and building.current_platform().replace("-", "_") in path.name
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1e6:.2f} MB{'  <- for this computer' * is_own}")
    print("dist/ is a static extension repository: upload all of it; index.json is its address")
    return 0


@_report_errors
def run(argv: list[str]) -> int:
    own, command = _split(argv)
    parser = _make_blender_parser("run")
    parser.add_argument("--file", metavar="F.blend")
    parser.add_argument("--fresh", action="store_true", help="empty the profile and the store first")
    options = parser.parse_args(own)
    if options.file and not (caller_folder() / options.file).is_file():
        print(f"dev.py: there is no file {options.file}", file=sys.stderr)
        return 2
    blender = prepare_blender("blender", choose_blender(options.blender), fresh=options.fresh)
    return blender.call("cli", str(caller_folder() / options.file) if options.file else "-", *command)


@_report_errors
def script(argv: list[str]) -> int:
    parser = _make_blender_parser("script")
    parser.add_argument("script", metavar="S.py")
    options, rest = parser.parse_known_args(argv)
    blender = prepare_blender("blender", choose_blender(options.blender))
    return blender.call("script", options.script, *rest)


@_report_errors
def demo(argv: list[str]) -> int:
    # A store of its own: the demo's previews do not belong into the history that `run` shows.
    blender = prepare_blender("blender", choose_blender(None), store=PROFILES / "demo-store")
    return blender.call("module", "devtools.demo.main", *argv)


@_report_errors
def bench(argv: list[str]) -> int:
    parser = _make_blender_parser("bench")
    help_text = f"one of: {', '.join(BENCHES)}"
    parser.add_argument("name", nargs="?", choices=BENCHES, metavar="NAME", help=help_text)
    help_text = "write all rows and what the machine is (default: to standard output)"
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help=help_text)
    options, rest = parser.parse_known_args(argv)
    if options.json in BENCHES:
        parser.error(f"--json: put the benchmark's name first: {options.json} --json")
    blender = prepare_blender("bench", choose_blender(options.blender), store=PROFILES / "bench-store")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        names: list[str] = [options.name] if options.name else list(BENCHES)
        # Standard output is for the JSON, if it goes there.
        tables = sys.stderr.fileno() if options.json == "-" else sys.stdout.fileno()
        status = _run_benches(blender, names, path, rest, tables)
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    if options.json and lines:
        first, *rows = map(json.loads, lines)
        text = json.dumps({"machine": first, "rows": rows}, indent=2, ensure_ascii=False) + "\n"
        if options.json == "-":
            sys.stdout.write(text)
        else:
            (caller_folder() / options.json).write_text(text, encoding="utf-8")
    return status


def _run_benches(blender: Blender, names: list[str], path: Path, rest: list[str], tables: int) -> int:
    """Run each in a process of its own; the worst status. path gets the machine's description and
    then the rows, one JSON object per line; the tables go to the file descriptor `tables`."""
    worst = blender.call("module", "devtools.bench.support.machine", str(path), stdout=tables)
    for name in names if path.is_file() else []:
        arguments = ("devtools.bench.runner", name, str(path), *rest)
        worst = max(worst, abs(blender.call("module", *arguments, stdout=tables)))
    return worst


@_report_errors
def ui(argv: list[str]) -> int:
    parser = _make_parser("ui")
    parser.add_argument("case", nargs="*", help="names in tests/ui, such as case_panel; default: all")
    parser.add_argument("--size", default=_SIZE, metavar="WxH")
    parser.add_argument("--timeout", type=int, default=_SECONDS, metavar="SECONDS", help="of one case")
    options = parser.parse_args(argv)
    return _run_cases(options.case, options.size, options.timeout)


def _run_cases(names: list[str], size: str = _SIZE, seconds: int = _SECONDS) -> int:
    window = windows.find_window(size, seconds)
    if window is None:
        print(windows.NO_WINDOW)
        return 0
    python = ensure_environment(f"blender-{choose_blender(None)}")
    return windows.run_cases(window, building.build_here(python), names)


@_report_errors
def pictures(argv: list[str]) -> int:
    parser = _make_parser("pictures")
    parser.add_argument("name", nargs="*", help="files in docs/pictures, such as idle.png; default: all")
    parser.add_argument("--kept", action="store_true", help="of what earlier runs left; nothing is run")
    options = parser.parse_args(argv)
    names: list[str] = options.name or list(manual_pictures.PICTURES)
    if unknown := set(names) - set(manual_pictures.PICTURES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(manual_pictures.PICTURES)}")
    makers = [] if options.kept else manual_pictures.list_makers(names)
    cases = [maker for maker in makers if manual_pictures.is_case(maker)]
    if cases and windows.find_window(_SIZE, _SECONDS) is None:  # told before the demos, which take long
        print(windows.NO_WINDOW)
        return 1
    status = 0
    for maker in (maker for maker in makers if not manual_pictures.is_case(maker)):
        status |= _make_without_window(maker, str(manual_pictures.locate(maker)))
    if cases:
        status |= _run_cases(cases)
    command = [str(ensure_environment("test")), "-m", "devtools.manual.pictures", *names]
    return status | subprocess.run(command, cwd=ROOT).returncode


def _make_without_window(maker: str, folder: str) -> int:
    kind, _, name = maker.partition(" ")
    if kind == "demo":
        return demo([*name.split(), "--out", folder])
    blender = prepare_blender("blender", choose_blender(None), store=PROFILES / "demo-store")
    return blender.call("module", "tests.oracle.pictures", name, folder)


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """The arguments of dev.py before the first `--`, and the add-on's after it."""
    if "--" not in argv:
        cut = next(
            (i for i, word in enumerate(argv) if not word.startswith("-") and not _is_value(argv, i)),
            len(argv),
        )
        return argv[:cut], argv[cut:]
    cut = argv.index("--")
    return argv[:cut], argv[cut + 1 :]


def _is_value(argv: list[str], index: int) -> bool:
    return index > 0 and argv[index - 1] in {"--blender", "--file"}


__all__ = ["bench", "build", "demo", "draw_map", "lint", "manual", "pictures", "release", "run", "script", "test", "ui"]
