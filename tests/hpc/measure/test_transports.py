"""Each transport is a set of variables, and a wrong name is answered with the right ones."""

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.measure.transports import TRANSPORTS, transport


def test_each_is_found_by_its_name_and_says_what_it_passes_through():
    for name, one in TRANSPORTS.items():
        assert transport(name) is one and one.name == name
        assert one.path.startswith(("the kernel", "user space"))
        assert not one.instead or TRANSPORTS[one.instead].path.startswith("the kernel")


def test_none_lets_mpich_choose_its_own_shared_memory():
    assert all(one.environment["MPIR_CVAR_NOLOCAL"] == "1" for one in TRANSPORTS.values())


def test_efa_is_asked_for_by_name():
    assert transport("efa").environment["FI_PROVIDER"] == "efa"


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(HPCError, match="'ucx'.*tcp, .*efa"):
        transport("ucx")
