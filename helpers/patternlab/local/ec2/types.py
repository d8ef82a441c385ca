"""DescribeInstanceTypes in pages, written quickly.

moto gives its 1395 types in one answer that takes four seconds to write. EC2 gives at most 100 a
page, and so does this; what a type looks like in XML is kept, because it never changes.
"""

from __future__ import annotations

import base64
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, Shape, StructureShape
from moto.core.utils import get_service_model
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instance_types import INSTANCE_TYPES

PAGE = 100  # types in an answer at most, as DescribeInstanceTypes says of MaxResults
NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


def page_of(names: list[str], size: int | None, token: str | None) -> tuple[str, str | None]:
    """The XML answer with the next `size` of `names`, and the token for what follows."""
    start = _read(token) if token else 0
    size = PAGE if size is None else min(int(size), PAGE)
    chosen, rest = names[start : start + size], names[start + size :]
    following = _token(start + size) if rest else None
    body = "".join(map(_item, chosen))
    tail = f"<nextToken>{following}</nextToken>" if following else ""
    answer = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<DescribeInstanceTypesResponse '
        f'xmlns="{NAMESPACE}"><requestId>patternlab</requestId><instanceTypeSet>{body}'
        f"</instanceTypeSet>{tail}</DescribeInstanceTypesResponse>"
    )
    return answer, following


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from {start}".encode()).decode()


def _read(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("from "))
    except ValueError:
        raise EC2ClientError("InvalidNextToken", f"The token '{token}' is not valid.") from None


@cache
def _shape() -> Shape:
    return get_service_model("ec2").shape_for("InstanceTypeInfo")


@cache
def _item(name: str) -> str:
    return _xml("item", _shape(), INSTANCE_TYPES[name])


def _xml(tag: str, shape: Shape, value: Any) -> str:
    if isinstance(shape, StructureShape):
        inside = "".join(
            _xml(member.serialization.get("name", name), member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        )
    elif isinstance(shape, ListShape):
        each = shape.member.serialization.get("name", "item")
        inside = "".join(_xml(each, shape.member, one) for one in value)
    elif isinstance(value, bool):
        inside = str(value).lower()
    else:
        inside = escape(str(value))
    return f"<{tag}>{inside}</{tag}>"
