"""Ids: UUIDs of version 4, decided by the seed."""

import random
import uuid

import pytest

from patternlab.delivery.ids import new_id


class Bits(random.Random):
    """Draws the same bit over and over."""

    def __init__(self, bit: int):
        self.bit = bit

    def getrandbits(self, k: int) -> int:
        return (1 << k) - 1 if self.bit else 0


def test_an_id_is_a_uuid_of_version_4_as_rfc_9562_writes_it():
    rng = random.Random(5)
    for _ in range(200):
        made = new_id(rng)
        parsed = uuid.UUID(made)
        assert (parsed.version, parsed.variant, str(parsed)) == (4, uuid.RFC_4122, made)


@pytest.mark.parametrize(
    "bit, made",
    [
        (0, "00000000-0000-4000-8000-000000000000"),
        (1, "ffffffff-ffff-4fff-bfff-ffffffffffff"),
    ],
)
def test_every_other_bit_is_drawn(bit: int, made: str):
    assert new_id(Bits(bit)) == made


def test_the_seed_decides_and_each_draw_is_another():
    one, two = random.Random(7), random.Random(7)
    drawn = [new_id(one) for _ in range(1000)]
    assert drawn == [new_id(two) for _ in range(1000)]
    assert len(set(drawn)) == 1000
