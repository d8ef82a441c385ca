"""The delivery model: queues, pollers and functions on one simulated clock.

Pure Python on SimPy; no boto3, no moto. What AWS does is in the tests, row by row.
"""

from patternlab.delivery.attempts import history_frame
from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.events.bus import EventBus, EventRule, RuleTarget
from patternlab.delivery.faults import Outages
from patternlab.delivery.functions.async_config import AsyncConfig
from patternlab.delivery.functions.async_invoke import AsyncQueue
from patternlab.delivery.functions.function import (
    Account,
    Function,
    FunctionError,
    Outcome,
    PlainRuntime,
)
from patternlab.delivery.functions.mapping import EventSourceMapping, MappingConfig
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.receivers import FunctionTarget, QueueTarget, TopicTarget
from patternlab.delivery.s3.bucket import Bucket
from patternlab.delivery.s3.reconcile import Reconciliation, inventory_of, reconcile
from patternlab.delivery.s3.rules import Rule
from patternlab.delivery.s3.sequencer import newer
from patternlab.delivery.sns.endpoints import FunctionEndpoint, QueueEndpoint, WebEndpoint
from patternlab.delivery.sns.filter_policy import FilterPolicy
from patternlab.delivery.sns.topic import Topic
from patternlab.delivery.sqs.fifo import FifoQueue
from patternlab.delivery.sqs.move import MoveTasks
from patternlab.delivery.sqs.names import QueueNames
from patternlab.delivery.sqs.queue import Queue
from patternlab.delivery.sqs.redrive import RedriveAllowPolicy, RedrivePolicy
from patternlab.delivery.sqs.standard import StandardQueue

__all__ = [
    "Account",
    "AsyncConfig",
    "AsyncQueue",
    "Bucket",
    "DeliveryError",
    "EventBus",
    "EventRule",
    "EventSourceMapping",
    "FifoQueue",
    "FilterPolicy",
    "Function",
    "FunctionEndpoint",
    "FunctionError",
    "FunctionTarget",
    "Knobs",
    "MappingConfig",
    "MoveTasks",
    "Outages",
    "Outcome",
    "PlainRuntime",
    "Queue",
    "QueueEndpoint",
    "QueueNames",
    "QueueTarget",
    "Reconciliation",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "Rule",
    "RuleTarget",
    "StandardQueue",
    "Topic",
    "TopicTarget",
    "WebEndpoint",
    "history_frame",
    "inventory_of",
    "newer",
    "reconcile",
]
