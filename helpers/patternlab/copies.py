"""A learner's own copy of the lessons."""

import json
import re
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath
from posixpath import normpath

from patternlab.outputs import without_outputs
from patternlab.paths import LABS, ROOT, books

_LINK = re.compile(r"\[([^\]]*)\]\((?!\w+:)([^)#\s]+)[^)]*\)")  # with a relative address


class CopyError(Exception):
    """A folder that cannot take the copy. The text says why, and what to do."""


def start(folder: Path) -> None:
    """Copy the notebooks and the labs to `folder`, without outputs.

    A link to a page that is not part of the copy becomes its text.

    Args:
        folder: a folder that is new or empty, outside the course's own.

    Raises:
        CopyError: the folder holds something, is part of the course, or cannot be written.
    """
    folder = folder.expanduser().resolve()
    if folder.is_relative_to(ROOT.resolve()):
        raise CopyError(f"{folder} is inside the course itself: choose a folder elsewhere.")
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise CopyError(f"{folder} is not empty: choose a new folder, or an empty one.")
        for page, text in _pages().items():
            path = folder / page
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise CopyError(f"{folder} cannot be written ({reason}): choose another folder.") from None


def _pages() -> dict[PurePosixPath, str]:
    """Return the text of each page of a copy by its place in it."""
    sources = {
        PurePosixPath(path.relative_to(ROOT).as_posix()): path
        for path in [*books(), *sorted(LABS.glob("*.md"))]
    }
    return {
        page: _linked(path.read_text(encoding="utf-8"), page, sources)
        for page, path in sources.items()
    }


def _linked(text: str, page: PurePosixPath, pages: Collection[PurePosixPath]) -> str:
    """Return the page without outputs and without links that lead out of the copy."""

    def kept(link: re.Match[str]) -> str:
        there = PurePosixPath(normpath(page.parent / link[2]))
        return link[0] if there in pages else link[1]

    if page.suffix != ".ipynb":
        return _LINK.sub(kept, text)
    return _in_markdown_cells(without_outputs(text), lambda source: _LINK.sub(kept, source))


def _in_markdown_cells(text: str, change: Callable[[str], str]) -> str:
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = change("".join(cell["source"])).splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
