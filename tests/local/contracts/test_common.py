"""The internals of moto and botocore that ``patternlab.local`` leans on, one test each.

moto promises none of them. Each docstring names the module and the name, and what we do with it; a
new version that moves one fails here, with that sentence, before a learner meets it.
"""

import ast
import datetime
import inspect
import re
import textwrap

import botocore.configprovider
import botocore.handlers
import moto.core.utils
import pytest
from botocore.httpsession import URLLib3Session
from moto.awslambda import models as lambda_models
from moto.awslambda import responses as lambda_responses
from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.utils import get_backend
from moto.awslambda_simple.models import lambda_simple_backends
from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend
from moto.core.config import default_user_config
from moto.core.exceptions import JsonRESTError, ServiceException
from moto.core.models import MockAWS, botocore_stubber
from moto.logs import models as logs_models
from moto.moto_api._internal import mock_random
from moto.sqs import models as sqs_models
from moto.sqs import responses as sqs_responses

from patternlab.clock import VirtualClock
from patternlab.local.patches import clock_in_moto
from tests.local.contracts.inspection import assert_in_source, parameters


def names_read(function, of):
    """The attributes of `of` that the source of `function` reads."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == of
    }


# -- time ----------------------------------------------------------------------------------------


def test_utcnow_looks_up_datetime_in_its_own_module():
    """moto.core.utils.datetime: patches.clock_in_moto puts a module of ours in its place, and every
    module that has imported utcnow tells the cloud's time."""
    assert moto.core.utils.datetime is datetime
    clock = VirtualClock()
    clock.wait(90)
    with clock_in_moto(clock):
        assert moto.core.utils.utcnow() == datetime.datetime(2026, 1, 5, 9, 1, 30)
        assert moto.core.utils.unix_time() == clock.time()
        assert lambda_models.utcnow() == clock.now().replace(tzinfo=None)
        assert sqs_models.unix_time_millis() == clock.time() * 1000
        assert logs_models.unix_time_millis() == clock.time() * 1000
    assert moto.core.utils.datetime is datetime


# -- backends ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "backends", [sqs_models.sqs_backends, lambda_models.lambda_backends, lambda_simple_backends]
)
def test_a_backend_dict_makes_backends_from_its_attribute_backend(backends):
    """BackendDict.backend: services.in_place_of replaces it, before anything is made."""
    assert isinstance(backends, BackendDict)
    assert isinstance(backends.backend, type)
    assert issubclass(backends.backend, BaseBackend)
    assert "self.backend" in inspect.getsource(BackendDict._create_account_specific_backend)


def test_moto_asks_its_own_sessions_about_regions_and_services():
    """AccountSpecificBackend.get_session and moto.core.utils.Session: patches.moto_asks exchanges
    both, so that no profile of the learner's is read."""
    assert isinstance(AccountSpecificBackend.__dict__["get_session"], classmethod)
    assert "get_session()" in inspect.getsource(AccountSpecificBackend)
    source = inspect.getsource(moto.core.utils)
    assert len(re.findall(r"\bSession\(\)", source)) == 1
    assert "Session().get_available_services()" in source


def test_without_docker_moto_asks_the_simple_backends():
    """moto.awslambda.utils.get_backend: with lambda.use_docker False it takes from
    lambda_simple_backends, which therefore hold our backend too."""
    assert_in_source(get_backend, "use_docker", "lambda_simple_backends")


def test_our_configuration_names_are_motos():
    """moto.core.config: mock_credentials and reset_boto3_session, both off, leave os.environ and
    boto3.DEFAULT_SESSION alone."""
    assert {"mock_credentials", "reset_boto3_session"} <= set(default_user_config["core"])
    assert_in_source(MockAWS.start, "mock_credentials()", "reset_boto3_session")


# -- requests ------------------------------------------------------------------------------------


def test_the_stubber_answers_before_send_and_gives_none_for_what_it_does_not_know():
    """moto.core.models.botocore_stubber: LocalSession takes it out of the event's handlers, calls
    it itself, and refuses what it answers with None or with 404 "Not yet implemented"."""
    assert ("before-send", botocore_stubber) in botocore.handlers.BUILTIN_HANDLERS
    assert parameters(type(botocore_stubber).__call__)[:3] == ["self", "event_name", "request"]
    disabled, unknown = "if not self.enabled:\n            return None", '"Not yet implemented"'
    assert_in_source(type(botocore_stubber), disabled, f"return 404, {{}}, {unknown}")


def test_every_setting_of_a_botocore_session_is_a_tuple_of_four():
    """botocore.configprovider.BOTOCORE_DEFAUT_SESSION_VARIABLES: LocalSession empties the first
    two, the names in the configuration file and in the environment."""
    variables = botocore.configprovider.BOTOCORE_DEFAUT_SESSION_VARIABLES
    assert {len(value) for value in variables.values()} == {4}
    assert variables["region"][:2] == ("region", "AWS_DEFAULT_REGION")
    assert variables["profile"][1] == ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"]


def test_all_of_botocore_sends_through_one_method():
    """botocore.httpsession.URLLib3Session.send: patches.no_network puts a refusal in its place."""
    assert parameters(URLLib3Session.send) == ["self", "request"]


def test_identifiers_come_from_one_seeded_source():
    """moto.moto_api._internal.mock_random: seeded at open_cloud, it decides moto's ids and ours."""
    drawn = []
    for _ in range(2):
        mock_random.seed(7)
        drawn.append((mock_random.uuid4(), mock_random.getrandbits(64)))
    assert drawn[0] == drawn[1]


# -- SQS -----------------------------------------------------------------------------------------


def test_a_queue_takes_its_attributes_in_one_place():
    """moto.sqs.models.Queue._set_attributes: LocalQueue checks before it, and tells the model
    after it. Queue.__init__ calls it with the defaults."""
    assert_in_source(sqs_models.Queue.__init__, "self._set_attributes(defaults, now)")
    change = sqs_models.SQSBackend.set_queue_attributes
    assert_in_source(change, "queue._set_attributes(attributes)")


def test_a_queue_without_redrive_policy_has_none():
    """Queue._set_attributes sets redrive_policy to None from the defaults, and calls _setup_dlq
    for any other value: LocalQueue keeps the attribute from it."""
    queue = sqs_models.Queue
    assert_in_source(queue._set_attributes, '_setup_dlq(attributes["RedrivePolicy"])')
    assert_in_source(queue.__init__, '"RedrivePolicy": None')


def test_the_attributes_of_a_queue_are_properties_named_in_lists():
    """Queue.attributes reads BASE_ATTRIBUTES and FIFO_ATTRIBUTES by their names in snake case: the
    counters are properties of LocalQueue."""
    assert "ApproximateNumberOfMessages" in sqs_models.Queue.BASE_ATTRIBUTES
    assert {"DeduplicationScope", "FifoThroughputLimit"} <= set(sqs_models.Queue.FIFO_ATTRIBUTES)


def test_the_response_to_receive_reads_what_a_view_has():
    """SQSResponse.receive_message reads these fields of a message, and those alone: sqs.queue.View
    fills them."""
    read = names_read(sqs_responses.SQSResponse.receive_message, "message")
    fields = (
        "id receipt_handle body_md5 body message_attributes attribute_md5 sender_id sent_timestamp "
        "approximate_receive_count approximate_first_receive_timestamp deduplication_id group_id "
        "system_attributes sequence_number"
    )
    assert read == set(fields.split())


def test_the_responses_to_send_read_what_is_sent():
    """SQSResponse.send_message and send_message_batch read these of a message: sqs.queue.Sent."""
    one = names_read(sqs_responses.SQSResponse.send_message, "message")
    many = names_read(sqs_responses.SQSResponse.send_message_batch, "msg")
    fields = {"body_md5", "id", "message_attributes", "attribute_md5", "sequence_number"}
    assert (one, many) == (fields, fields | {"user_id"})


def test_an_sqs_error_is_a_code_and_a_message():
    """moto.sqs.exceptions.SQSException(code, message): with_sqs_errors makes them."""
    error = sqs_models.SQSException("Code", "A sentence.")
    assert isinstance(error, ServiceException)
    assert (error.code, error.message) == ("Code", "A sentence.")


# -- Lambda --------------------------------------------------------------------------------------


def test_a_function_has_what_we_read_of_it():
    """moto.awslambda.models.LambdaFunction sets these in __init__: LocalFunction reads them."""
    names = (
        "code_bytes function_name handler run_time memory_size timeout environment_vars "
        "logs_group_name function_arn event_invoke_config reserved_concurrency"
    )
    function = lambda_models.LambdaFunction
    assert_in_source(function, *(f"self.{name}" for name in names.split()))
    assert parameters(function.__init__)[1:] == ["account_id", "spec", "region", "version"]


def test_the_lambda_backend_keeps_functions_and_mappings_in_two_attributes():
    """LambdaBackend._lambdas, a LambdaStorage with put_function, and _event_source_mappings."""
    made = lambda_models.LambdaBackend.__init__
    assert_in_source(made, "self._lambdas = LambdaStorage(", "self._event_source_mappings: dict")
    assert parameters(lambda_models.LambdaStorage.put_function) == ["self", "fn"]


def test_the_services_of_moto_call_a_functions_invoke():
    """LambdaBackend.send_sns_message and its like, and moto.s3.notifications: they call
    LambdaFunction.invoke, which LocalFunction makes asynchronous. The API calls the backend's."""
    from moto.s3 import notifications

    for function in (
        lambda_models.LambdaBackend.send_sns_message,
        lambda_models.LambdaBackend.send_log_event,
        notifications._invoke_awslambda,
    ):
        assert_in_source(function, "func.invoke(json.dumps(")
    assert_in_source(lambda_responses.LambdaResponse.invoke, "self.backend.invoke(")


def test_a_mapping_has_what_we_read_of_it():
    """moto.awslambda.models.EventSourceMapping: LocalMapping.settings reads these."""
    names = (
        "uuid function_arn event_source_arn batch_size max_batch_window filter_criteria "
        "function_response_types scaling_config poller_config enabled"
    )
    made = lambda_models.EventSourceMapping.__init__
    assert_in_source(made, *(f"self.{name}" for name in names.split()))


def test_a_lambda_error_shows_its_description_as_it_is():
    """moto.core.exceptions.JsonRESTError.description is the body of the answer: the throttling
    error of LocalFunction puts its Reason there."""
    assert issubclass(LambdaClientError, JsonRESTError)
    assert_in_source(JsonRESTError.get_body, "self.description")


# -- CloudWatch Logs -----------------------------------------------------------------------------


def test_log_lines_are_written_by_three_methods():
    """moto.logs.models.LogsBackend: ensure_log_group, ensure_log_stream and put_log_events;
    logs.write_log calls them in this order."""
    backend, names = logs_models.LogsBackend, ["log_group_name", "log_stream_name", "log_events"]
    for count, method in enumerate(
        (backend.ensure_log_group, backend.ensure_log_stream, backend.put_log_events), start=1
    ):
        assert parameters(method)[1 : count + 1] == names[:count]


def test_log_events_are_counted_in_the_class():
    """moto.logs.models.LogEvent._event_id: set to 0 by patches.seed_moto, for equal runs."""
    before = logs_models.LogEvent._event_id
    event = logs_models.LogEvent(0, {"timestamp": 0, "message": "a"})
    assert event.event_id == before
    assert logs_models.LogEvent._event_id == before + 1
