from .attempts import history_frame
from .errors import DeliveryError
from .events.bus import EventBus, EventRule, RuleTarget
from .faults import Outages
from .functions.async_config import AsyncConfig
from .functions.async_invoke import AsyncQueue
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
from .receivers import FunctionTarget, QueueTarget, TopicTarget
from .s3.bucket import Bucket
from .s3.reconcile import Reconciliation, inventory_of, reconcile
from .s3.rules import Rule
from .s3.scenarios import careful, naive, s3_pipeline
from .s3.sequencer import newer
from .scenarios import fifo_orders, flaky_async, flaky_orders, sns_fan_out, sqs_lambda
from .sns.endpoints import FunctionEndpoint, QueueEndpoint, WebEndpoint
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
    "careful",
    "fifo_orders",
    "flaky_async",
    "flaky_orders",
    "history_frame",
    "inventory_of",
    "naive",
    "newer",
    "reconcile",
    "s3_pipeline",
    "sns_fan_out",
    "sqs_lambda",
]
