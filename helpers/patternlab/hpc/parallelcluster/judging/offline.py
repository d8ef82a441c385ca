"""No connection leaves this process: Python itself refuses it."""

from __future__ import annotations

import sys
from typing import Any

#: Is in every error that a refused connection brings, so that it can be told from a finding.
REFUSED = "a cluster file is judged offline"
_CONNECTING = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}


def go_offline() -> None:
    """Refuse all connections and look-ups of names from now on, for good."""

    def refuse(event: str, _: tuple[Any, ...]) -> None:
        if event in _CONNECTING:
            raise ConnectionRefusedError(REFUSED)

    sys.addaudithook(refuse)
