"""The delivery model: queues, pollers and functions on one simulated clock.

Pure Python on SimPy; no boto3, no moto. What AWS does is in the tests, row by row.
"""

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.fifo import FifoQueue
from patternlab.delivery.function import Account, Function, FunctionError, Outcome, PlainRuntime
from patternlab.delivery.history import history_frame
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.mapping import EventSourceMapping, MappingConfig
from patternlab.delivery.move import MoveTasks
from patternlab.delivery.names import QueueNames
from patternlab.delivery.queue import Queue
from patternlab.delivery.redrive import RedriveAllowPolicy, RedrivePolicy
from patternlab.delivery.standard import StandardQueue

__all__ = [
    "Account",
    "DeliveryError",
    "EventSourceMapping",
    "FifoQueue",
    "Function",
    "FunctionError",
    "Knobs",
    "MappingConfig",
    "MoveTasks",
    "Outcome",
    "PlainRuntime",
    "Queue",
    "QueueNames",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "StandardQueue",
    "history_frame",
]
