"""Two network namespaces on one Linux machine: two network stacks with a cable between them.

Each rank gets an address, a routing table and a network interface of its own, and what they send
passes both stacks in the kernel, as between two hosts. It is still one machine, one clock and one
memory; the ping-pong says so. Making them needs root and the program ``ip`` (iproute2).

    with two_hosts() as pair:
        report = pingpong("tcp", between=pair)
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from patternlab.hpc.errors import HPCError

INTERFACE = "wire0"  # the name of both ends of the cable
ADDRESSES = ("192.0.2.1/30", "192.0.2.2/30")  # from a range that no network uses (RFC 5737)
PREFIX = "patternlab"
UP_SECONDS = 10.0

# Each rank picks its namespace by its number, which mpiexec puts into the environment.
_IN_MINE = 'exec ip netns exec "$0-${PMI_RANK:-$OMPI_COMM_WORLD_RANK}" "$@"'


@dataclass(frozen=True)
class TwoHosts:
    """A pair of namespaces called `name`-0 and `name`-1, one for each rank."""

    name: str

    @property
    def environment(self) -> dict[str, str]:
        """Variables for the ranks: use the cable."""
        return {"UCX_NET_DEVICES": INTERFACE, "FI_TCP_IFACE": INTERFACE}

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` in the namespace of the rank that runs it."""
        return ["/bin/sh", "-c", _IN_MINE, self.name, *argv]


@contextmanager
def two_hosts(delay_us: int = 0) -> Iterator[TwoHosts]:
    """Make two namespaces with a cable between them, and remove them at the end.

    Raises an :class:`HPCError` if this is not allowed or not possible here.

    Args:
        delay_us: Microseconds that the cable adds in each direction (by the kernel's ``netem``,
            whose own clock is coarse below about 50).
    """
    _check(delay_us)
    _remove_forgotten()
    pair = TwoHosts(f"{PREFIX}-{os.getpid()}")
    ends = (f"{pair.name}-0", f"{pair.name}-1")
    try:
        for end in ends:
            _ip("netns", "add", end)
        _ip("link", "add", INTERFACE, "netns", ends[0], "type", "veth", "peer", "name", INTERFACE,
            "netns", ends[1])  # fmt: skip
        for end, address in zip(ends, ADDRESSES, strict=True):
            _ip("-n", end, "addr", "add", address, "dev", INTERFACE)
            _ip("-n", end, "link", "set", INTERFACE, "up")
            _ip("-n", end, "link", "set", "lo", "up")
            if delay_us:
                _delay(end, delay_us)
        _wait_until_up(ends)
        yield pair
    finally:
        for end in ends:
            _ip("netns", "del", end, must=False)


def _check(delay_us: int) -> None:
    if sys.platform != "linux":
        raise HPCError(
            "Network namespaces are Linux's. Leave out between=, or run the course there."
        )
    if shutil.which("ip") is None:
        raise HPCError("The program `ip` is not here. Install iproute2, or leave out between=.")
    if os.geteuid() != 0:
        raise HPCError(
            "Only root may make network namespaces. Leave out between=, or run the course in a "
            "container or virtual machine in which you are root."
        )
    if isinstance(delay_us, bool) or not isinstance(delay_us, int) or not 0 <= delay_us <= 10**6:
        raise HPCError(f"delay_us is a whole number from 0 to 1000000, not {delay_us!r}.")


def _remove_forgotten() -> None:
    """Remove pairs whose process was killed before it could."""
    for line in _ip("netns", "list", must=False).splitlines():
        found = re.match(rf"({PREFIX}-(\d+)-[01])\b", line)
        if found and not os.path.exists(f"/proc/{found[2]}"):
            _ip("netns", "del", found[1], must=False)


def _wait_until_up(ends: Sequence[str]) -> None:
    """Wait until the cable carries: before that, MPI would find only the loopback."""
    latest = time.monotonic() + UP_SECONDS
    while not all(" UP " in _ip("-n", end, "-br", "link", "show", INTERFACE) for end in ends):
        if time.monotonic() > latest:
            raise HPCError("The virtual cable between two namespaces did not come up. Try again.")
        time.sleep(0.02)


def _delay(end: str, delay_us: int) -> None:
    queue = ["tc", "qdisc", "add", "dev", INTERFACE, "root", "netem", "delay", f"{delay_us}us"]
    try:
        _ip("netns", "exec", end, *queue)
    except HPCError as error:
        raise HPCError(
            f"This kernel cannot delay a cable (netem). Use delay_us=0. {error}"
        ) from None


def _ip(*arguments: str, must: bool = True) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if must and done.returncode:
        said = " ".join(done.stderr.split())
        raise HPCError(
            f"This machine does not allow network namespaces ({said}). Leave out between=."
        )
    return done.stdout
