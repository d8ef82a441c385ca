"""Notebooks without what running them left behind.

Building a wheel runs this file before anything is installed, so it imports the standard library
only.
"""

import json
from typing import Any


def without_outputs(text: str) -> str:
    """Return the notebook `text` as nobody has run it: no outputs, no counts, no widget state."""
    notebook: dict[str, Any] = json.loads(text)
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
