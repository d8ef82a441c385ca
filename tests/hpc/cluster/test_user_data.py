"""What a node does at its first start."""

import subprocess

import pytest

from patternlab.hpc.cluster.user_data import INSTALLER, READY, user_data
from patternlab.hpc.errors import HPCError


def lines(minutes=45):
    return [line for line in user_data(minutes).splitlines() if not line.startswith("#")]


def test_the_timer_comes_before_anything_that_can_fail():
    assert lines(45)[0] == "shutdown -P +45"
    assert lines(45).index("set -euo pipefail") > 0


def test_it_says_that_it_is_ready_only_after_the_proof_that_there_is_an_efa():
    *_, proof, ready = lines()
    assert proof == "/opt/amazon/efa/bin/fi_info -p efa -t FI_EP_RDM" and ready == f"touch {READY}"


def test_mpi4py_is_built_against_the_mpi_of_efas_installer():
    script = user_data(45)
    installed = script.index("./efa_installer.sh -y")
    assert installed < script.index("MPICC=/opt/amazon/openmpi/bin/mpicc")
    assert "--no-binary=mpi4py" in script and f"aws-efa-installer-{INSTALLER}.tar.gz" in script


def test_locked_memory_is_not_limited():
    assert "echo '* - memlock unlimited' > /etc/security/limits.d/90-efa.conf" in lines()


def test_a_shell_can_parse_it():
    done = subprocess.run(["bash", "-n"], input=user_data(45), text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_it_is_a_script_that_fits():
    takes = 16_384  # bytes of user data, before EC2's limit
    assert user_data(240).startswith("#!/bin/bash\n") and len(user_data(240).encode()) < takes


@pytest.mark.parametrize("minutes", [0, -5, 1.5, True, "45", None])
def test_minutes_that_make_no_sense(minutes):
    with pytest.raises(HPCError, match="whole number"):
        user_data(minutes)
