"""What a web server answers, the same from a local cloud and from AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import HeadersDict


class Answer:
    """The answer to ``cloud.get(url)``.

    Attributes:
        status: The HTTP status, such as 200.
        headers: By name, in capital or small letters.
        body: Bytes; see :attr:`text` and :meth:`json`.
        seconds: How long it took, on the cloud's clock.
    """

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes, seconds: float):
        self.status, self.headers = status, HeadersDict(headers)
        self.body, self.seconds = body, seconds

    @property
    def text(self) -> str:
        """The body as text (UTF-8)."""
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """Return what the JSON body holds.

        Raises:
            ValueError: If the body is not JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise ValueError(
                f"The body is not JSON, it begins with {self.text[:40]!r}: look at .text."
            ) from None

    def __repr__(self) -> str:
        return f"<Answer {self.status}, {len(self.body)} bytes in {self.seconds:.3f} s>"
