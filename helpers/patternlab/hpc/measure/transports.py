"""Ways from one rank to another, chosen from outside: the same program, other variables.

MPICH (with UCX or libfabric below it) and Open MPI both read environment variables. A transport
here sets those of all of them, and what a library does not know it does not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from patternlab.hpc.errors import HPCError


@dataclass(frozen=True)
class Transport:
    """A way for messages.

    Attributes:
        name: as in :data:`TRANSPORTS`.
        path: what a message passes through, in words.
        environment: the variables that choose it.
        instead: the name of another way along the same path, if this one is not available.
    """

    name: str
    path: str
    environment: Mapping[str, str]
    instead: str = ""


def _transport(name: str, path: str, instead: str = "", **environment: str) -> Transport:
    return Transport(name, path, MappingProxyType(environment), instead)


_ALL = (
    # MPICH would use its own shared memory between ranks of one machine: NOLOCAL forbids it.
    _transport(
        "tcp",
        "the kernel: system calls for each message, and its TCP",
        instead="libfabric tcp",
        MPIR_CVAR_NOLOCAL="1",
        MPIR_CVAR_CH4_NETMOD="ucx",
        UCX_TLS="tcp,self",
        FI_PROVIDER="tcp",  # for an MPICH without UCX, as on macOS
        OMPI_MCA_pml="ob1",
        OMPI_MCA_btl="tcp,self",
    ),
    # UCX's TCP needs a network interface other than the loopback; libfabric's does not.
    _transport(
        "libfabric tcp",
        "the kernel, by way of libfabric",
        MPIR_CVAR_NOLOCAL="1",
        MPIR_CVAR_CH4_NETMOD="ofi",
        FI_PROVIDER="tcp",
        OMPI_MCA_pml="cm",
        OMPI_MCA_mtl="ofi",
    ),
    # Not "sm": that includes cma, by which the kernel copies large messages (process_vm_readv).
    _transport(
        "shared memory",
        "user space: memory that both ranks see; no system call carries a message",
        MPIR_CVAR_NOLOCAL="1",
        MPIR_CVAR_CH4_NETMOD="ucx",
        UCX_TLS="posix,self",
        FI_PROVIDER="shm",
        OMPI_MCA_pml="ob1",
        OMPI_MCA_btl="^tcp",
    ),
    # By name, so that TCP cannot answer in its place.
    _transport(
        "efa",
        "user space: from the program to the card; no system call carries a message",
        MPIR_CVAR_NOLOCAL="1",
        MPIR_CVAR_CH4_NETMOD="ofi",
        FI_PROVIDER="efa",
        OMPI_MCA_pml="cm",
        OMPI_MCA_mtl="ofi",
    ),
)

#: Every transport by its name.
TRANSPORTS: Mapping[str, Transport] = MappingProxyType({one.name: one for one in _ALL})


def transport(name: str) -> Transport:
    """Return the transport called `name`; an :class:`HPCError` with all names if there is none."""
    if name not in TRANSPORTS:
        raise HPCError(f"There is no transport {name!r}: choose one of {', '.join(TRANSPORTS)}.")
    return TRANSPORTS[name]
