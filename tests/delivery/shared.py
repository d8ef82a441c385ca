"""What several tests of the model use."""

from contextlib import contextmanager

import pytest
from hypothesis import given, settings

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.faults import DeliveryFailure


class Inbox:
    """A receiver that keeps every parcel; with a `failure` it takes none."""

    def __init__(self, protocol="sqs", name="inbox", failure: DeliveryFailure | None = None):
        self.protocol = protocol
        self.arn = f"arn:aws:{protocol}:us-east-1:123456789012:{name}"
        self.parcels, self.failure = [], failure

    def deliver(self, parcel):
        if self.failure:
            raise self.failure
        self.parcels.append(parcel)


def bodies(receipts):
    """Return the texts of what a receive gave out."""
    return [receipt.message.body for receipt in receipts]


@contextmanager
def refused(code="InvalidParameterValue", *values):
    """Expect a refusal with this code and with each of `values` in its message."""
    with pytest.raises(DeliveryError) as error:
        yield
    assert error.value.code == code
    for value in values:
        assert str(value) in error.value.message


def proof(quick, deep, *strategies, **named):
    """Run a property test on `quick` examples, and in the deep suite on `deep`.

    The test gets the examples through its one argument `prove`: a function to decorate.
    """

    def decorate(examples):
        return lambda check: settings(max_examples=examples)(given(*strategies, **named)(check))()

    return pytest.mark.parametrize(
        "prove",
        [
            pytest.param(decorate(quick), id="quick"),
            pytest.param(decorate(deep), id="deep", marks=pytest.mark.deep),
        ],
    )
