"""What a node of the EFA cluster does at its first start: set its own end, then install MPI.

EC2 runs user data once, as root, through cloud-init. The first line that does anything is the
timer: whatever goes wrong after it, the node shuts down, and since it was launched with
InstanceInitiatedShutdownBehavior=terminate, that ends it and its bill.

Sources: EC2 User Guide, "Get started with EFA and MPI" (steps 3 and 4) and "Run commands at
launch"; version of the installer: release notes of ParallelCluster 3.16.3 (2026-11-17).
"""

from __future__ import annotations

from patternlab.hpc.errors import HPCError

#: The EFA installer: driver, libfabric and Open MPI 4.1 that belong together.
INSTALLER = "1.51.0"
#: Where a node keeps what it needs, and what it says when all of it is there.
HOME, LOG = "/opt/patternlab", "/var/log/patternlab.log"
READY = f"{HOME}/ready"

_SCRIPT = f"""\
#!/bin/bash
# The timer first: this node ends itself, whatever happens below.
shutdown -P +{{minutes}}
set -euo pipefail
exec >> {LOG} 2>&1
mkdir -p {HOME}
# Python and a compiler: mpi4py is built against the MPI library that EFA's installer brings.
dnf install -y -q gcc tar python3.11 python3.11-devel python3.11-pip
cd "$(mktemp -d)"
curl -fsS --retry 5 -O https://efa-installer.amazonaws.com/aws-efa-installer-{{installer}}.tar.gz
tar -xf aws-efa-installer-{{installer}}.tar.gz
(cd aws-efa-installer && ./efa_installer.sh -y)
# The card reads and writes memory that must stay where it is.
echo '* - memlock unlimited' > /etc/security/limits.d/90-efa.conf
python3.11 -m venv {HOME}/venv
MPICC=/opt/amazon/openmpi/bin/mpicc {HOME}/venv/bin/pip install -q --no-binary=mpi4py 'mpi4py>=4,<5'
# The proof that there is an EFA: without one this fails, and the node never says that it is ready.
/opt/amazon/efa/bin/fi_info -p efa -t FI_EP_RDM
touch {READY}
"""


def user_data(minutes: int) -> str:
    """The script. `minutes` after its start the node is terminated by itself."""
    if isinstance(minutes, bool) or not isinstance(minutes, int) or minutes < 1:
        raise HPCError(f"minutes is a whole number of at least 1, not {minutes!r}.")
    return _SCRIPT.format(minutes=minutes, installer=INSTALLER)
