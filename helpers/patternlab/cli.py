"""`patternlab`, or `python -m patternlab`: copy the course, open it, run it, check the machine."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from patternlab import machine
from patternlab.paths import IN_CHECKOUT, ROOT, books
from patternlab.ports import is_free

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

FIRST = "notebooks/00-start-here.ipynb"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv[:1] == ["check"]:
        return _refuse("`check` is called `doctor` now: run `patternlab doctor`.")
    options, rest = _parser().parse_known_args(argv)
    if options.command == "lab":
        return open_lab(options.port, options.folder, rest)
    if rest:
        options.parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if options.of_checkout and not IN_CHECKOUT:
        return _refuse(
            f"`patternlab {options.command}` works on the course's own files: "
            "run it in a checkout of Pattern Lab."
        )
    code: int = options.run(options)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="patternlab", description=__doc__)
    parser.set_defaults(parser=parser, of_checkout=False)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_for_learners(commands)
    _add_for_an_account(commands)
    _add_for_authors(commands)
    return parser


def _add_for_learners(commands: Commands) -> None:
    start = commands.add_parser("start", help="copy the notebooks and labs, to work on the copy")
    start.add_argument("folder", type=Path, help="where to: a new folder, or an empty one")
    start.set_defaults(run=lambda options: start_copy(options.folder))

    lab = commands.add_parser("lab", help="open JupyterLab on the first notebook")
    lab.add_argument("--port", type=_port, help="the port to listen on (default: a free one)")
    lab.add_argument("--folder", type=Path, help="what JupyterLab shows (default: the checkout)")

    doctor = commands.add_parser("doctor", help="say what this machine lacks")
    doctor.set_defaults(run=lambda options: check_machine())


def _add_for_an_account(commands: Commands) -> None:
    cost = commands.add_parser("cost", help="what the notebooks may cost on a real account")
    cost.add_argument("notebook", nargs="?", help="one of them, with its lines (default: all)")
    cost.set_defaults(run=_cost)

    budget = commands.add_parser("budget", help="mail me when the month's bill nears a limit")
    budget.add_argument("--limit", help="US dollars a month")
    budget.add_argument("--email", help="who gets the mails")
    budget.add_argument("--whole-account", action="store_true", help="count untagged things too")
    budget.add_argument("--remove", action="store_true", help="delete the budget")
    budget.add_argument("--yes", action="store_true", help="do it; else only say what it would")
    budget.set_defaults(run=_budget)

    sweep = commands.add_parser("sweep", help="find what was left on a real account")
    sweep.add_argument("--delete", action="store_true", help="delete it (default: only show it)")
    sweep.add_argument("--session", metavar="ID", help="only what this session made")
    sweep.add_argument("--expired", action="store_true", help="only sessions whose time is over")
    sweep.add_argument("--all", action="store_true", help="also sessions of other machines at work")
    sweep.add_argument("--region", action="append", help="look there (may be given several times)")
    sweep.set_defaults(run=_sweep)


def _add_for_authors(commands: Commands) -> None:
    """The commands that write files of the course: all but the first need a checkout."""
    notebooks = commands.add_parser("notebooks", help="run notebooks and keep their outputs")
    notebooks.add_argument("paths", type=Path, nargs="*", help="default: all of the checkout")
    notebooks.set_defaults(run=lambda options: run_notebooks(options.paths))

    api = commands.add_parser("api", help="write docs/api.md from the docstrings")
    api.set_defaults(run=_api, of_checkout=True)

    conformance = commands.add_parser(
        "conformance", help="write docs/facts.md and docs/conformance.md"
    )
    conformance.set_defaults(run=_conformance, of_checkout=True)

    policies = commands.add_parser(
        "policies", help="count the notebooks' calls and write the IAM policies"
    )
    policies.add_argument("lessons", nargs="*", help="count these anew (default: all)")
    policies.set_defaults(run=_policies, of_checkout=True)

    new = commands.add_parser("new", help="write the skeleton of a lesson or an exercise")
    new.add_argument("kind", choices=("notebook", "exercise", "lab"))
    new.add_argument("name", help="lower-case words with hyphens")
    new.add_argument("--lesson", help="the exercise's (default: the last notebook)")
    new.set_defaults(run=_new, of_checkout=True)

    dev = commands.add_parser("dev", help="tools for authors").add_subparsers(required=True)
    check = dev.add_parser("check", help="check all that concerns one lesson, in seconds")
    check.add_argument("lesson", help="such as 01, 01-sqs-lambda-dlq or efa-ping-pong")
    check.set_defaults(run=_dev_check, of_checkout=True)


def _api(options: argparse.Namespace) -> int:
    from patternlab.authoring import api

    return api.write()


def _conformance(options: argparse.Namespace) -> int:
    from patternlab.authoring import conformance

    return conformance.write()


def _policies(options: argparse.Namespace) -> int:
    from patternlab.authoring import notebook_calls
    from patternlab.authoring.lesson import find

    try:
        return notebook_calls.write([find(name) for name in options.lessons])
    except LookupError as error:
        return _refuse(str(error.args[0]))


def _new(options: argparse.Namespace) -> int:
    from patternlab.authoring import skeletons

    try:
        if options.kind == "exercise":
            files = skeletons.new_exercise(options.name, options.lesson)
        else:
            files = skeletons.new_lesson(options.name, lab=options.kind == "lab")
    except skeletons.SkeletonError as error:
        return _refuse(str(error))
    print(skeletons.next_steps(options.kind, files))
    return 0


def _dev_check(options: argparse.Namespace) -> int:
    if find_spec("pytest") is None:
        return _refuse(
            "`patternlab dev check` uses the developers' packages: `make lint` installs them."
        )
    from patternlab.authoring import dev_check

    try:
        return dev_check.check(options.lesson)
    except LookupError as error:
        return _refuse(str(error.args[0]))


def _cost(options: argparse.Namespace) -> int:
    from patternlab.account.cost import table

    print(table.report(options.notebook))
    return 0


def _budget(options: argparse.Namespace) -> int:
    from patternlab.account.cost import budget

    return budget.run(
        options.limit,
        options.email,
        remove=options.remove,
        whole_account=options.whole_account,
        yes=options.yes,
    )


def _sweep(options: argparse.Namespace) -> int:
    from patternlab.account.sweep import command

    return command.command(
        delete=options.delete,
        session=options.session,
        expired=options.expired,
        everything=options.all,
        regions=options.region or [],
    )


def start_copy(folder: Path) -> int:
    """Copy the lessons to `folder` and say how to open them."""
    from patternlab.copies import CopyError, start

    try:
        start(folder)
    except CopyError as error:
        return _refuse(str(error))
    print(f"Your copy is in {folder}. Open it: patternlab lab --folder {shlex.quote(str(folder))}")
    return 0


def open_lab(port: int | None, folder: Path | None, rest: Sequence[str]) -> int:
    """Serve `folder` with JupyterLab on 127.0.0.1 until it is stopped. `rest` goes to JupyterLab.

    Without a port it takes 8888 or the next free one. Without a folder it shows the checkout, or,
    installed from a wheel, the copy of the lessons in the current folder.
    """
    if folder is None:
        folder = ROOT if IN_CHECKOUT else Path.cwd()
        if not (folder / FIRST).exists():
            return _refuse(
                f"There is no {FIRST} in {folder}: run `patternlab start DIR` first, "
                "then `patternlab lab --folder DIR`."
            )
    if not folder.is_dir():
        return _refuse(f"There is no folder {folder}: name one that exists.")
    if port is not None and not is_free(port):
        return _refuse(
            f"Port {port} is in use: choose another one with PORT=, or leave it out for a free one."
        )
    from jupyterlab.labapp import LabApp  # slow to import; only this command needs it

    page = f"/lab/tree/{FIRST}" if (folder / FIRST).exists() else "/lab"
    if getattr(os, "geteuid", lambda: -1)() == 0:
        rest = ["--allow-root", *rest]  # in a container everyone is root, and 127.0.0.1 is inside
    where = [] if port is None else [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    LabApp.launch_instance(
        argv=[
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.root_dir={folder.resolve()}",
            f"--LabApp.default_url={page}",
            *where,
            *rest,
        ]
    )
    return 0


def run_notebooks(paths: Sequence[Path]) -> int:
    """Execute the notebooks in place, one after the other; stops at the first that fails."""
    if not paths and not IN_CHECKOUT:
        return _refuse(
            "`patternlab notebooks` runs the notebooks of a checkout, and this is none: "
            "name the notebooks to run."
        )
    paths = paths or books()
    if not paths:
        return _refuse(f"There are no notebooks in {ROOT}.")
    from patternlab.authoring.notebooks import NotebookError, run

    for path in paths:
        print(f"{path.name} ...", flush=True)
        try:
            run(path)
        except NotebookError as error:
            return _refuse(str(error))
    return 0


def check_machine() -> int:
    """Print what the course needs and what is there; exit code 1 if something is wrong."""
    findings = machine.check()
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        verdict = "ok" if finding.ok else f"WRONG: {finding.advice}"
        print(f"{finding.what:<{width}}  {finding.found:<14}  {verdict}")
    return 0 if all(finding.ok for finding in findings) else 1


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535")
    return int(text)


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
