"""Each transport is a set of variables."""

from patternlab.hpc.measure.transports import TRANSPORTS, transport


def test_each_is_found_by_its_name_and_says_what_it_passes_through():
    for name, one in TRANSPORTS.items():
        assert transport(name) is one and one.name == name
        assert one.path.startswith(("the kernel", "user space"))
        assert not one.instead or TRANSPORTS[one.instead].path.startswith("the kernel")


def test_none_lets_mpich_choose_its_own_shared_memory():
    assert all(one.environment["MPIR_CVAR_NOLOCAL"] == "1" for one in TRANSPORTS.values())
