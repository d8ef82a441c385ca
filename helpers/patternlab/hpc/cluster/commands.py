"""What is asked of the nodes: four short scripts, sent by Run Command and run there as root.

Each script names itself and its settings in its first line, so that :func:`read` can tell whether a
text is one of these, to the last character. A local cloud runs these four and nothing else.

``mpirun`` starts the other ranks by ssh, inside the security group. The main node makes the key for
that, and only its public half leaves the node.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from patternlab.hpc.cluster.program import MODULE, packed
from patternlab.hpc.cluster.user_data import HOME, LOG, READY
from patternlab.hpc.errors import HPCError
from patternlab.hpc.measure.transports import transport

USER = "ec2-user"
_HEAD = "# Pattern Lab:"
_KEY = re.compile(r"ssh-ed25519 [A-Za-z0-9+/=]{40,200}")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")


@dataclass(frozen=True)
class Command:
    """One script with its settings."""

    called: ClassVar[str]

    @property
    def script(self) -> str:
        """The text that a shell runs."""
        settings = json.dumps(asdict(self), sort_keys=True)
        return f"{_HEAD} {self.called} {settings}\nset -euo pipefail\n{self._body()}\n"

    def _body(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class Prepare(Command):
    """Wait for the installation, put the ping-pong in place, and show that there is an EFA."""

    called = "prepare"

    def _body(self) -> str:
        return f"""\
cloud-init status --wait > /dev/null || true
[ -e {READY} ] || {{ echo "The installation failed:"; tail -n 15 {LOG}; exit 1; }}
base64 -d > {HOME}/pingpong.zip <<'END'
{packed()}
END
/opt/amazon/efa/bin/fi_info -p efa -t FI_EP_RDM"""


@dataclass(frozen=True)
class MakeKey(Command):
    """Make a key on the main node; print its public half."""

    called = "make-key"

    def _body(self) -> str:
        key = f"/home/{USER}/.ssh/id_ed25519"
        return f"""\
[ -e {key} ] || runuser -u {USER} -- ssh-keygen -q -t ed25519 -N '' -f {key}
cut -d ' ' -f 1,2 {key}.pub"""


@dataclass(frozen=True)
class TrustKey(Command):
    """Let the owner of a key in by ssh."""

    called = "trust-key"
    key: str = ""

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise HPCError("What the main node answered is no public key of type ed25519.")

    def _body(self) -> str:
        return f"echo '{self.key}' >> /home/{USER}/.ssh/authorized_keys"


@dataclass(frozen=True)
class PingPong(Command):
    """Run the ping-pong between two nodes; print its report as JSON.

    Attributes:
        addresses: private addresses of the two.
        transport: a name of :data:`patternlab.hpc.measure.transports.TRANSPORTS`; None lets the
            MPI library choose.
        expect: what should have answered; the report's verdict says whether it did.
        sizes: as ``--sizes`` of the ping-pong takes them; None for its own.
        trips: how many for small messages; None for its own.
    """

    called = "ping-pong"
    addresses: tuple[str, ...] = ()
    transport: str | None = "efa"
    expect: str | None = "efa"
    sizes: str | None = None
    trips: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "addresses", tuple(self.addresses))
        if len(self.addresses) != 2 or not all(map(_ADDRESS.fullmatch, self.addresses)):
            raise HPCError("A ping-pong needs the private addresses of two nodes.")

    @property
    def arguments(self) -> list[str]:
        """For the program itself."""
        asked = {"--expect": self.expect, "--sizes": self.sizes, "--trips": self.trips}
        given = [[name, str(value)] for name, value in asked.items() if value is not None]
        return [*sum(given, []), "--json", "-"]

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that ask for the transport by name."""
        return transport(self.transport).environment if self.transport else {}

    def _body(self) -> str:
        variables = {"PYTHONPATH": f"{HOME}/pingpong.zip", **self.environment}
        exports = [part for name, value in variables.items() for part in ("-x", f"{name}={value}")]
        hosts = ",".join(f"{address}:1" for address in self.addresses)
        command = [
            "/opt/amazon/openmpi/bin/mpirun",
            *("-np", "2", "--host", hosts, "--map-by", "ppr:1:node", "--bind-to", "core"),
            *("--mca", "plm_rsh_args", "-o BatchMode=yes -o StrictHostKeyChecking=accept-new"),
            *exports,
            *(f"{HOME}/venv/bin/python", "-m", "mpi4py", "-m", MODULE, *self.arguments),
        ]
        # a login of the user, for the limit of locked memory that EFA's installer has raised
        return f"su - {USER} -c {shlex.quote(shlex.join(command))}"


_COMMANDS = {kind.called: kind for kind in (Prepare, MakeKey, TrustKey, PingPong)}


def read(script: str) -> Command | None:
    """Return the command whose script this is, to the last character; None for any other text."""
    head, _, _ = script.partition("\n")
    called, _, settings = head.removeprefix(_HEAD).strip().partition(" ")
    if not head.startswith(_HEAD) or called not in _COMMANDS:
        return None
    try:
        made: Command = _COMMANDS[called](**_object(settings))
    except (ValueError, TypeError, HPCError):
        return None
    return made if made.script == script else None


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {}
