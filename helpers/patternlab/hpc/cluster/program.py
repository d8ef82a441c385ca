"""The ping-pong as a file that travels: a small zip that Python runs as it is.

A node has Python and mpi4py, and not this course. :mod:`patternlab.hpc.pingpong` needs nothing
else, so its modules are packed under their own name, with empty packages above them, and run with
``PYTHONPATH=pingpong.zip python -m patternlab.hpc.pingpong``.
"""

from __future__ import annotations

import base64
import io
import zipfile
from functools import cache
from importlib import resources

MODULE = "patternlab.hpc.pingpong"
_WHEN = (2026, 1, 1, 0, 0, 0)  # a zip holds dates: the same sources are to give the same bytes


@cache
def packed() -> str:
    """The zip in base64, as one line: the same sources give the same text."""
    folders = MODULE.split(".")
    files = {"/".join([*folders[:depth], "__init__.py"]): b"" for depth in (1, 2)}
    for source in resources.files(MODULE).iterdir():
        if source.name.endswith(".py"):
            files["/".join([*folders, source.name])] = source.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(files):
            member = zipfile.ZipInfo(path, _WHEN)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, files[path], compresslevel=9)
    return base64.b64encode(buffer.getvalue()).decode()
