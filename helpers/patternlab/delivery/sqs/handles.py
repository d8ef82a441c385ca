"""Receipt handles: which message, and which of its receives."""

from __future__ import annotations

import re
import zlib

from patternlab.delivery.errors import invalid_handle


class Handles:
    """Makes and reads the receipt handles of one queue; a new one for every receive (events-3)."""

    def __init__(self, arn: str) -> None:
        self._tag = f"AQEB{zlib.crc32(arn.encode()):08x}"
        self._form = re.compile(self._tag + "([0-9a-f]{10})([0-9a-f]{6})")

    def make(self, serial: int, receive_count: int) -> str:
        """Return the handle of message `serial`'s receive number `receive_count`."""
        return f"{self._tag}{serial:010x}{receive_count:06x}"

    def read(self, handle: str) -> tuple[int, int]:
        """Return the serial and the receive count of a handle; refuse one of another queue."""
        match = self._form.fullmatch(handle)
        if match is None:
            raise invalid_handle(handle)
        return int(match[1], 16), int(match[2], 16)
