"""The delivery model: queues, pollers and functions on one simulated clock.

Pure Python on SimPy; no boto3, no moto. What AWS does is in the tests, row by row.
"""

from patternlab.delivery.async_config import AsyncConfig
from patternlab.delivery.async_invoke import AsyncQueue
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
from patternlab.delivery.redrive import RedriveAllowPolicy, RedrivePolicy
from patternlab.delivery.standard import StandardQueue
from patternlab.delivery.topic import Topic

__all__ = [
    "Account",
    "AsyncConfig",
    "AsyncQueue",
    "DeliveryError",
    "EventSourceMapping",
    "FifoQueue",
    "FilterPolicy",
    "Function",
    "FunctionEndpoint",
    "FunctionError",
    "Knobs",
    "MappingConfig",
    "MoveTasks",
    "Outages",
    "Outcome",
    "PlainRuntime",
    "Queue",
    "QueueEndpoint",
    "QueueNames",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "StandardQueue",
    "Topic",
    "WebEndpoint",
    "history_frame",
]
