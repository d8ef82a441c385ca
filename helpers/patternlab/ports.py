"""Ports of 127.0.0.1 that nobody listens on."""

from __future__ import annotations

import socket
import sys


def free_port(wanted: int = 0) -> int:
    """A port a server could listen on now: `wanted`, or any.

    Somebody may take it before the server does: whoever starts one must be ready for that.

    Raises:
        OSError: `wanted` is taken, or this user may not listen there.
        OverflowError: there is no port of that number.
    """
    with socket.socket() as probe:
        # As servers do it: a port whose last connections are still closing counts as free.
        if sys.platform != "win32":  # there it would share a port in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", wanted))
        return probe.getsockname()[1]


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    try:
        free_port(port)
    except OSError:
        return False
    return True
