"""What the course needs of this machine, and whether it is there."""

import json
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from patternlab.paths import IN_CHECKOUT
from patternlab.ports import is_free

LAB_PORT = 8888
REPAIR = "run `make clean lab`" if IN_CHECKOUT else "install Pattern Lab again"
# JupyterLab reads it; pyproject.toml says why.
OVERRIDES = Path(sys.prefix) / "share" / "jupyter" / "lab" / "settings" / "overrides.json"


@dataclass(frozen=True)
class Finding:
    """One line of the check: what was looked at, what was found, and what to do if it is wrong."""

    what: str
    found: str
    ok: bool
    advice: str = ""


def check() -> list[Finding]:
    """Return a finding for Python, each package, JupyterLab's settings and the port."""
    return [_python(), *_packages(), _settings(), _port()]


def _python() -> Finding:
    version = "{}.{}.{}".format(*sys.version_info)
    return Finding("Python", version, sys.version_info >= (3, 11), "use Python 3.11 or newer")


def _packages() -> list[Finding]:
    try:
        lines = metadata.requires("patternlab") or []
    except metadata.PackageNotFoundError:
        return [Finding("patternlab", "not installed", False, REPAIR)]
    needed = map(Requirement, lines)
    return [_package(r) for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]


def _package(needed: Requirement) -> Finding:
    advice = f"needs {needed.specifier}: {REPAIR}"
    try:
        version = metadata.version(needed.name)
    except metadata.PackageNotFoundError:
        return Finding(needed.name, "not installed", False, advice)
    return Finding(needed.name, version, needed.specifier.contains(version), advice)


def _settings() -> Finding:
    what, advice = "JupyterLab settings", f"sliders may show a wrong picture: {REPAIR}"
    try:
        settings = json.loads(OVERRIDES.read_text(encoding="utf-8"))
        kernels = settings["@jupyterlab/apputils-extension:kernels-settings"]
        return Finding(what, "installed", kernels["commsOverSubshells"] == "disabled", advice)
    except (OSError, ValueError, KeyError):
        return Finding(what, "missing", False, advice)


def _port() -> Finding:
    if is_free(LAB_PORT):
        return Finding(f"port {LAB_PORT}", "free", True)
    return Finding(f"port {LAB_PORT}", "in use: JupyterLab takes the next free one", True)
