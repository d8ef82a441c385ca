"""Which events of a bucket go where, and which sets of rules S3 refuses (events-63)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.receivers import Receiver

OVERLAP = (
    "Configurations overlap. Configurations on the same bucket cannot share a common event type."
)
AMBIGUOUS = (
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the "
    "prefixes are overlapping for the same event type."
)
NO_FIFO = "FIFO SQS queues are not supported."
BAD_ARN = "The ARN is not well formed"
SAME_ID = "Same ID used for multiple configurations. IDs must be unique"

#: Event types by family; "Family:*" stands for all of a family.
FAMILIES: dict[str, tuple[str, ...]] = {
    "ObjectCreated": ("Put", "Post", "Copy", "CompleteMultipartUpload"),
    "ObjectRemoved": ("Delete", "DeleteMarkerCreated"),
    "ObjectRestore": ("Post", "Completed", "Delete"),
    "ObjectTagging": ("Put", "Delete"),
    "LifecycleExpiration": ("Delete", "DeleteMarkerCreated"),
    "Replication": (
        "OperationFailedReplication",
        "OperationMissedThreshold",
        "OperationReplicatedAfterThreshold",
        "OperationNotTracked",
    ),
    "ObjectAcl": ("Put",),
}
SINGLES = ("ReducedRedundancyLostObject", "LifecycleTransition", "IntelligentTiering")


def _events_of(pattern: str) -> set[str]:
    """Return the event names, without "s3:", that an entry of a rule's `events` stands for."""
    name = pattern.removeprefix("s3:")
    family, _, kind = name.partition(":")
    kinds = FAMILIES.get(family, ())
    if kind == "*" and kinds:
        return {f"{family}:{kind}" for kind in kinds}
    if kind in kinds or name in SINGLES:
        return {name}
    raise invalid_argument(f"The event '{pattern}' is not supported for notifications")


def invalid_argument(message: str) -> DeliveryError:
    """Return InvalidArgument, with which S3 refuses a configuration."""
    return DeliveryError("InvalidArgument", message)


@dataclass(frozen=True)
class Rule:
    """One rule: which events go to `receiver`.

    Attributes:
        receiver: Where to.
        events: S3's names, wildcards allowed: ``("s3:ObjectCreated:*",)``.
        prefix: With which a key must start.
        suffix: With which a key must end.
        id: Its name in the notification.
    """

    receiver: Receiver
    events: tuple[str, ...] = ("s3:ObjectCreated:*",)
    prefix: str = ""
    suffix: str = ""
    id: str = "rule"

    def names(self) -> set[str]:
        """Return the event names, without "s3:", that this rule is for."""
        return set().union(*map(_events_of, self.events))

    def takes_key(self, key: str) -> bool:
        """Return whether this rule is for the key."""
        return key.startswith(self.prefix) and key.endswith(self.suffix)

    def overlaps(self, other: Rule) -> bool:
        """Return whether one event may be for both: prefixes, suffixes and events all overlap."""
        return (
            _either_way(str.startswith, self.prefix, other.prefix)
            and _either_way(str.endswith, self.suffix, other.suffix)
            and not self.names().isdisjoint(other.names())
        )


def _either_way(test: Callable[[str, str], bool], a: str, b: str) -> bool:
    return test(a, b) or test(b, a)


def check_rules(rules: Iterable[Rule]) -> None:
    """Refuse what S3 refuses: unknown events, FIFO queues and topics, rules that overlap."""
    rules = list(rules)
    for rule in rules:
        rule.names()
        if rule.receiver.arn.endswith(".fifo"):
            raise invalid_argument(NO_FIFO if ":sqs:" in rule.receiver.arn else BAD_ARN)
    for a, b in combinations(rules, 2):
        if a.overlaps(b):
            filtered = a.prefix or a.suffix or b.prefix or b.suffix
            raise invalid_argument(AMBIGUOUS if filtered else OVERLAP)
