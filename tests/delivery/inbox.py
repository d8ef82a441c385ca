"""A receiver that keeps what it gets."""

from patternlab.delivery.faults import DeliveryFailure


class Inbox:
    """Keeps every parcel; with a `failure` it takes none."""

    def __init__(self, protocol="sqs", name="inbox", failure: DeliveryFailure | None = None):
        self.protocol = protocol
        self.arn = f"arn:aws:{protocol}:us-east-1:123456789012:{name}"
        self.parcels, self.failure = [], failure

    def deliver(self, parcel):
        if self.failure:
            raise self.failure
        self.parcels.append(parcel)
