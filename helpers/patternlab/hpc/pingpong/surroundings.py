"""Where a rank runs and what carried its bytes, as far as the operating system says."""

from __future__ import annotations

import os
import re
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

#: Settings that choose a transport, of MPICH, UCX, libfabric, Open MPI and Intel MPI.
SETTINGS = re.compile(
    r"(FI_PROVIDER|FI_EFA_\w+|UCX_(TLS|NET_DEVICES)|MPIR_CVAR_(NOLOCAL|CH4_NETMOD|OFI_USE_PROVIDER)"
    r"|OMPI_MCA_(pml|btl|mtl|\w+_include|\w+_exclude)|I_MPI_(FABRICS|OFI_PROVIDER|SHM))"
)
#: What arrived, in the counters of an EFA device.
EFA_COUNTERS = ("rx_bytes", "rdma_read_bytes", "rdma_write_recv_bytes")
HANDLES = "/proc/self/fd"
DEVICES = Path("/sys/class/infiniband")
FI_INFO = "/opt/amazon/efa/bin/fi_info"
TCP_INFO_BYTES_RECEIVED = 128  # offset in Linux's struct tcp_info


def process(rank: int) -> dict:
    """Say where this rank runs: ``rank``, ``host``, ``machine``, ``environment``, ``ptrace_scope``.

    `machine` is the same for two ranks if, and only if, one kernel runs both: containers and
    network namespaces have names of their own.
    """
    return {
        "rank": rank,
        "host": socket.gethostname(),
        "machine": _line("/proc/sys/kernel/random/boot_id") or socket.gethostname(),
        "environment": {k: v for k, v in sorted(os.environ.items()) if SETTINGS.fullmatch(k)},
        "ptrace_scope": _line("/proc/sys/kernel/yama/ptrace_scope"),
    }


def cores() -> frozenset[int] | None:
    """The cores that this process may use, or None if the system does not say."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def received() -> dict[str, int | None]:
    """Bytes that came to this process so far by ``tcp``, and to this machine by ``efa``.

    None if the system does not say.
    """
    return {"tcp": _tcp_bytes(), "efa": _efa_bytes()}


def efa_devices() -> list[str]:
    """The names of the EFA devices of this machine."""
    return [path.name for path in _efa()]


def fi_info() -> str | None:
    """What ``fi_info -p efa`` says, or None if there is no such command.

    Call it before MPI starts: a fork can harm a process that has memory registered.
    """
    command = shutil.which("fi_info") or shutil.which(FI_INFO)
    if command is None:
        return None
    asked = [command, "-p", "efa", "-t", "FI_EP_RDM"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (done.stdout or done.stderr).strip()[:400]


def clock() -> dict:
    """The clock that times the trips: ``name`` and ``resolution_ns``."""
    info = time.get_clock_info("perf_counter")
    return {"name": info.implementation, "resolution_ns": info.resolution * 1e9}


def provider(library: str, environment: dict[str, str]) -> str:
    """What stands between MPI and the wire, from the library's own description and settings."""
    shown = ", ".join(f"{name}={value}" for name, value in environment.items())
    if "MPICH" in library and "Open MPI" not in library:
        built = re.search(r"MPICH Device:\s*ch\d:(\w+)", library)
        module = environment.get("MPIR_CVAR_CH4_NETMOD") or (built.group(1) if built else "")
        name = {"ucx": "UCX", "ofi": "libfabric"}.get(module, module or "MPICH's own")
    elif "Intel" in library:
        name = "libfabric"
    else:
        name = "Open MPI's choice"
    return f"{name} ({shown})" if shown else name


def speaks_udp() -> bool:
    """Has this process a socket for UDP? Its bytes are counted nowhere."""
    return socket.SOCK_DGRAM in _each_socket(lambda each: each.type)


def _tcp_bytes() -> int | None:
    if not hasattr(socket, "TCP_INFO") or not os.path.isdir(HANDLES):
        return None
    return sum(_each_socket(_bytes_received))


def _bytes_received(each: socket.socket) -> int:
    if each.type != socket.SOCK_STREAM:
        return 0
    try:
        info = each.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        return struct.unpack_from("Q", info, TCP_INFO_BYTES_RECEIVED)[0]
    except (OSError, struct.error):
        return 0


def _each_socket(ask: Callable[[socket.socket], int]) -> list[int]:
    """What `ask` says of each internet socket of this process; the sockets stay open."""
    answers = []
    for handle in os.listdir(HANDLES) if os.path.isdir(HANDLES) else ():
        try:
            if not os.readlink(f"{HANDLES}/{handle}").startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(handle))) as each:
                if each.family in (socket.AF_INET, socket.AF_INET6):
                    answers.append(ask(each))
        except OSError:
            pass  # closed in the meantime
    return answers


def _efa() -> list[Path]:
    found = DEVICES.glob("*")
    return [each for each in sorted(found) if (each / "device/driver").resolve().name == "efa"]


def _efa_bytes() -> int | None:
    if not _efa():
        return None
    patterns = [f"ports/*/hw_counters/{name}" for name in EFA_COUNTERS]
    files = [file for each in _efa() for pattern in patterns for file in each.glob(pattern)]
    return sum(int(_line(file) or 0) for file in files)


def _line(path) -> str | None:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return None
