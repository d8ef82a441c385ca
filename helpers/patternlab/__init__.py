"""Pattern Lab: AWS patterns that you run, break and understand."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patternlab.cloud import CloudError, WaitTimeout, open_cloud
    from patternlab.delivery.knobs import Knobs

__all__ = ["CloudError", "Knobs", "WaitTimeout", "open_cloud"]

# Imported when somebody asks for them: the ranks of an MPI program, each a Python of its own,
# import this package too, and a cloud takes a second of each of them.
_WHERE = dict.fromkeys(__all__, "patternlab.cloud") | {"Knobs": "patternlab.delivery.knobs"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'patternlab' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
