"""Puts the course into the wheel: its tables as they are, its lessons without their outputs."""

import runpy
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CourseInWheel(BuildHookInterface):
    """Builds the folder that `patternlab.paths` finds where there is no checkout."""

    _folder: str | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add `course/` to the package, unless it is installed in place, from a checkout."""
        if version == "editable":
            return
        self._folder = mkdtemp(prefix="patternlab-course-")
        _write_course(Path(self.root), Path(self._folder))
        build_data["force_include"][self._folder] = "patternlab/course"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written for the wheel."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def _write_course(root: Path, course: Path) -> None:
    # By its path: nothing of the package, nor what it imports, is installed while it is built.
    without_outputs = runpy.run_path(str(root / "helpers/patternlab/outputs.py"))["without_outputs"]
    shutil.copytree(root / "data", course / "data")
    for name in ("notebooks", "labs"):
        (course / name).mkdir()
        for page in sorted((root / name).glob("*.md")):
            shutil.copy(page, course / name)
        for page in sorted((root / name).glob("*.ipynb")):
            text = without_outputs(page.read_text(encoding="utf-8"))
            (course / name / page.name).write_text(text, encoding="utf-8", newline="\n")
