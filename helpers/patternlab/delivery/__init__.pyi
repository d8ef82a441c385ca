from .attempts import history_frame
from .errors import DeliveryError
from .events.bus import EventBus, EventRule, RuleTarget
from .faults import Outages
from .functions.async_config import AsyncConfig
from .functions.async_invoke import AsyncQueue, FunctionReceiver
from .functions.function import (
    Account,
    Function,
    FunctionError,
    Outcome,
    PlainRuntime,
)
from .functions.mapping import EventSourceMapping
from .functions.mapping_config import MappingConfig
from .knobs import Knobs
from .receivers import Parcel, QueueReceiver, Receiver, WebReceiver
from .s3.bucket import Bucket
from .s3.reconcile import Reconciliation, reconcile
from .s3.rules import Rule
from .s3.scenarios import careful, naive, s3_pipeline
from .s3.sequencer import newer
from .scenarios import fifo_orders, flaky_async, flaky_orders, sns_fan_out, sqs_lambda
from .sns.filter_policy import FilterPolicy
from .sns.topic import Topic
from .sqs.fifo import FifoQueue
from .sqs.move import MoveTasks
from .sqs.names import QueueNames
from .sqs.queue import Queue
from .sqs.redrive import RedriveAllowPolicy, RedrivePolicy
from .sqs.standard import StandardQueue

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
    "FunctionError",
    "FunctionReceiver",
    "Knobs",
    "MappingConfig",
    "MoveTasks",
    "Outages",
    "Outcome",
    "Parcel",
    "PlainRuntime",
    "Queue",
    "QueueNames",
    "QueueReceiver",
    "Receiver",
    "Reconciliation",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "Rule",
    "RuleTarget",
    "StandardQueue",
    "Topic",
    "WebReceiver",
    "careful",
    "fifo_orders",
    "flaky_async",
    "flaky_orders",
    "history_frame",
    "naive",
    "newer",
    "reconcile",
    "s3_pipeline",
    "sns_fan_out",
    "sqs_lambda",
]
