"""Where the course's files are: in a checkout beside helpers/, in a wheel inside the package."""

from importlib.resources import files
from pathlib import Path

_PACKED = Path(str(files("patternlab"))) / "course"  # put there by hatch_build.py

#: Whether this is a checkout of the project, and not a package that was installed from a wheel.
IN_CHECKOUT = not _PACKED.is_dir()

ROOT = Path(__file__).resolve().parents[2] if IN_CHECKOUT else _PACKED
NOTEBOOKS = ROOT / "notebooks"
DATA = ROOT / "data"
LABS = ROOT / "labs"


def books() -> list[Path]:
    """Every notebook of the course in the order in which it is read, then the labs."""
    return sorted(NOTEBOOKS.glob("*.ipynb")) + sorted(LABS.glob("*.ipynb"))
