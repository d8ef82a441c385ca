"""Where the files of the course are: in the checkout, beside helpers/."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
DATA = ROOT / "data"
LABS = ROOT / "labs"


def books() -> list[Path]:
    """Every notebook of the course in the order in which it is read, then the labs."""
    return sorted(NOTEBOOKS.glob("*.ipynb")) + sorted(LABS.glob("*.ipynb"))
