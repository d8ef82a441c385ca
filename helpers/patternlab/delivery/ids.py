"""Ids as AWS gives them to messages, requests and events: UUIDs of version 4, from a seed."""

from __future__ import annotations

import random

_FIXED = 0xF << 76 | 0b11 << 62  # the bits that are not random (RFC 9562, section 5.4) ...
_VERSION_4 = 4 << 76 | 0b10 << 62  # ... and what stands there


def new_id(rng: random.Random) -> str:
    """Return a new id: 32 hexadecimal digits in five groups.

    Not ``uuid.UUID``: that takes twice as long, and every message has an id.
    """
    h = f"{rng.getrandbits(128) & ~_FIXED | _VERSION_4:032x}"
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
