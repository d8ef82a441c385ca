"""The delivery model: queues, pollers and functions on one simulated clock.

Pure Python on SimPy; no boto3, no moto. What AWS does is in the tests, row by row.
"""

from patternlab.delivery.async_config import AsyncConfig
from patternlab.delivery.async_invoke import AsyncQueue
from patternlab.delivery.bucket import Bucket
from patternlab.delivery.bus import EventBus, EventRule, RuleTarget
from patternlab.delivery.endpoints import FunctionEndpoint, QueueEndpoint, WebEndpoint
from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.faults import Outages
from patternlab.delivery.fifo import FifoQueue
from patternlab.delivery.filter_policy import FilterPolicy
from patternlab.delivery.function import Account, Function, FunctionError, Outcome, PlainRuntime
from patternlab.delivery.history import history_frame
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.mapping import EventSourceMapping, MappingConfig
from patternlab.delivery.move import MoveTasks
from patternlab.delivery.names import QueueNames
from patternlab.delivery.queue import Queue
from patternlab.delivery.reconcile import Reconciliation, inventory_of, reconcile
from patternlab.delivery.redrive import RedriveAllowPolicy, RedrivePolicy
from patternlab.delivery.s3_rules import Rule
from patternlab.delivery.sequencer import newer
from patternlab.delivery.standard import StandardQueue
from patternlab.delivery.targets import FunctionTarget, QueueTarget, TopicTarget
from patternlab.delivery.topic import Topic

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
