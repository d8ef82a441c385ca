"""Run an MPI program over the nodes of a multi-node parallel job: the same command on each node.

``python3 -m patternlab.hpc.multinode.mpirun MODULE [OPTIONS]`` looks at the variables that Batch
sets. On the main node it waits until all children have reported, then starts ``mpiexec``, with one
rank per node. A child reports to the main node, and starts the part of ``mpiexec`` that belongs on
its own node (Hydra's proxy, which starts the rank). No ssh, and no list of hosts: MPICH's launcher
"manual" says which proxies it needs, and leaves the starting to others.

Two more variables come with the job: where the main node waits for reports (``address:port``; in a
container ``:5000`` would do), and a key. A connection without the key is refused, on both sides.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

from patternlab.hpc.errors import HPCError
from patternlab.hpc.mpi import mpiexec, python_program

DOOR, KEY = "JOB_DOOR", "JOB_KEY"
BETWEEN_TRIES = 0.1  # seconds until a child knocks again: the main node may not listen yet

_PROXY = re.compile(r"HYDRA_LAUNCH: .*--control-port (\S+):(\d+) .*--proxy-id (\d+)")


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Be the main node or a child; the exit code of ``mpiexec``, or of this node's proxy."""
    try:
        here = int(environment["AWS_BATCH_JOB_NODE_INDEX"])
        if here == int(environment["AWS_BATCH_JOB_MAIN_NODE_INDEX"]):
            return _main_node(python_program("-m", *arguments), environment)
        return _child(here, environment)
    except KeyError as missing:
        print(f"mpirun: {missing} is not set: this is no multi-node parallel job.", file=sys.stderr)
    except HPCError as error:
        print(f"mpirun: {error}", file=sys.stderr)
    return 1


def _main_node(program: list[str], environment: Mapping[str, str]) -> int:
    nodes = int(environment["AWS_BATCH_JOB_NUM_NODES"])
    children = dict(sorted(_reports(nodes - 1, environment)))
    # Where the children have found this node, mpiexec can be found as well.
    address = next(iter(children.values()))[1] if children else "127.0.0.1"
    hosts = ",".join(f"node{number}" for number in range(nodes))
    options = ["-launcher", "manual", "-localhost", address, "-hosts", hosts, "-ppn", "1"]
    command = [str(mpiexec()), *options, "-n", str(nodes), *program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        _start_proxies(running, [connection for connection, _ in children.values()])
        return running.wait()


def _reports(
    missing: int, environment: Mapping[str, str]
) -> Iterator[tuple[int, tuple[Connection, str]]]:
    """Each child's index, its connection, and the address at which it found this node."""
    if not missing:
        return
    own, key = _door(environment), environment[KEY].encode()
    with Listener(own, "AF_INET", backlog=missing, authkey=key) as door:
        while missing:
            print(f"mpirun: {missing} of the children have not reported yet", flush=True)
            with suppress(AuthenticationError, OSError, EOFError):  # a connection without the key
                child = door.accept()
                report = json.loads(child.recv_bytes())
                missing -= 1
                yield report["node"], (child, report["address"])


def _start_proxies(running: subprocess.Popen[str], children: list[Connection]) -> None:
    """Hand out the proxies that ``mpiexec`` asks for, and pass on what else it prints."""
    own = None
    assert running.stdout  # a pipe
    for line in running.stdout:
        asked = _PROXY.match(line)
        if asked is None:
            if not line.startswith("HYDRA_LAUNCH_END"):
                print(line, end="", flush=True)
            continue
        address, port, number = asked[1], int(asked[2]), int(asked[3])
        if number == 0:
            own = _proxy(address, port, number)  # ends with mpiexec
        else:
            children[number - 1].send_bytes(json.dumps([address, port, number]).encode())
    if own is not None:
        own.wait()


def _child(here: int, environment: Mapping[str, str]) -> int:
    address = environment["AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"]
    with _connected(address, environment) as to_main:
        to_main.send_bytes(json.dumps({"node": here, "address": address}).encode())
        try:
            return _proxy(*json.loads(to_main.recv_bytes())).wait()
        except EOFError:
            raise HPCError("The main node ended before it had started mpiexec.") from None


def _door(environment: Mapping[str, str]) -> tuple[str, int]:
    address, _, port = environment[DOOR].rpartition(":")
    return address, int(port)


def _connected(address: str, environment: Mapping[str, str]) -> Connection:
    key = environment[KEY].encode()
    while True:
        try:
            return Client((address, _door(environment)[1]), "AF_INET", authkey=key)
        except ConnectionRefusedError:
            time.sleep(BETWEEN_TRIES)


def _proxy(address: str, port: int, number: int) -> subprocess.Popen[bytes]:
    """Start the part of ``mpiexec`` that belongs on this node."""
    program = Path(mpiexec()).resolve().parent / "hydra_pmi_proxy"
    if not program.exists():
        raise HPCError(
            f"There is no {program.name} beside mpiexec: this is not MPICH. Install it, with "
            "`pip install mpich`."
        )
    wanted = {"control-port": f"{address}:{port}", "proxy-id": str(number), "launcher": "manual"}
    options = [part for name, value in (_USUAL | wanted).items() for part in (f"--{name}", value)]
    return subprocess.Popen([str(program), *options])


# What mpiexec itself adds: no resource manager, one process group, no GPUs.
_USUAL = {
    "rmk": "user",
    "demux": "poll",
    "pgid": "0",
    "retries": "10",
    "usize": "-1",
    "pmi-port": "0",
    "gpus-per-proc": "-2",
    "gpu-subdevs-per-proc": "-2",
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
