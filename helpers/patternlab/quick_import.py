"""Imported first, this imports jsonschema without what nobody here needs of it.

moto and nbformat judge documents with jsonschema, and that imports rfc3987_syntax wherever it is
installed (JupyterLab brings it): for international addresses, the formats "iri" and
"iri-reference". No document of the course has any, and to compile their grammar takes 2.6 seconds:
more than everything else that a local cloud imports.
"""

from __future__ import annotations

import sys

GRAMMAR = "rfc3987_syntax"


def import_jsonschema() -> None:
    """Import it, as if the grammar were not installed; nothing is changed where it has been."""
    if "jsonschema" in sys.modules or GRAMMAR in sys.modules:
        return
    # With None in its place an import of it is refused, as Python documents.
    sys.modules[GRAMMAR] = None  # type: ignore[assignment]  # typeshed knows modules only
    try:
        import jsonschema  # noqa: F401
    except ImportError:  # then moto will say so where it needs it
        pass
    finally:
        del sys.modules[GRAMMAR]


import_jsonschema()
