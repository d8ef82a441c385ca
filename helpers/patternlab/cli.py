"""`python -m patternlab`: open the course, run its notebooks, check the machine."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from patternlab import machine
from patternlab.paths import ROOT, books
from patternlab.ports import is_free

FIRST = "notebooks/00-start-here.ipynb"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m patternlab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    lab = commands.add_parser("lab", help="open JupyterLab on the first notebook")
    lab.add_argument("--port", type=_port, help="the port to listen on (default: a free one)")
    lab.add_argument("--folder", type=Path, default=ROOT, help="what JupyterLab shows")

    notebooks = commands.add_parser("notebooks", help="run notebooks and keep their outputs")
    notebooks.add_argument("paths", type=Path, nargs="*", help="default: all of notebooks/")

    commands.add_parser("check", help="check this machine")
    commands.add_parser("conformance", help="run the SQS tests and write docs/sqs-conformance.md")
    commands.add_parser("policies", help="count the notebooks' calls and write the IAM policies")

    cost = commands.add_parser("cost", help="what the notebooks may cost on a real account")
    cost.add_argument("notebook", nargs="?", help="one of them, with its lines (default: all)")

    budget = commands.add_parser("budget", help="mail me when the month's bill nears a limit")
    budget.add_argument("--limit", help="US dollars a month")
    budget.add_argument("--email", help="who gets the mails")
    budget.add_argument("--whole-account", action="store_true", help="count untagged things too")
    budget.add_argument("--remove", action="store_true", help="delete the budget")
    budget.add_argument("--yes", action="store_true", help="do it; else only say what it would")

    sweep = commands.add_parser("sweep", help="find what was left on a real account")
    sweep.add_argument("--delete", action="store_true", help="delete it (default: only show it)")
    sweep.add_argument("--session", metavar="ID", help="only what this session made")
    sweep.add_argument("--expired", action="store_true", help="only sessions whose time is over")
    sweep.add_argument("--all", action="store_true", help="also sessions of other machines at work")
    sweep.add_argument("--region", action="append", help="look there (may be given several times)")

    options, rest = parser.parse_known_args(argv)
    if options.command == "lab":
        return open_lab(options.port, options.folder, rest)
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if options.command == "notebooks":
        return run_notebooks(options.paths)
    if options.command == "conformance":
        from patternlab.authoring import conformance

        return conformance.write()
    if options.command == "policies":
        from patternlab.authoring import notebook_calls

        return notebook_calls.write()
    if options.command == "cost":
        from patternlab.account import cost_table

        print(cost_table.report(options.notebook))
        return 0
    if options.command == "budget":
        from patternlab.account import budget as alarm

        return alarm.run(
            options.limit,
            options.email,
            remove=options.remove,
            whole_account=options.whole_account,
            yes=options.yes,
        )
    if options.command == "sweep":
        from patternlab.account import sweep as sweeping

        return sweeping.command(
            delete=options.delete,
            session=options.session,
            expired=options.expired,
            everything=options.all,
            regions=options.region or [],
        )
    return check_machine()


def open_lab(port: int | None, folder: Path, rest: Sequence[str]) -> int:
    """Serve `folder` with JupyterLab on 127.0.0.1 until it is stopped. `rest` goes to JupyterLab.

    Without a port it takes 8888 or the next free one.
    """
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
    from patternlab.authoring.notebooks import NotebookError, run

    paths = paths or books()
    if not paths:
        return _refuse(f"There are no notebooks in {ROOT}.")
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
