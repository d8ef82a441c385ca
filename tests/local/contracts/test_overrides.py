"""Every method of moto's that a class of ours overrides, by class.

moto promises none of them. A new version that drops one, gains one of our names or passes other
parameters fails here, by name, before a learner meets it.
"""

import importlib
import inspect
import pkgutil

import pytest

import patternlab.local

OVERRIDDEN = {
    "LocalAPIGatewayBackend": "create_deployment create_rest_api create_stage delete_rest_api",
    "LocalAPIGatewayResponse": "create_deployment put_integration",
    "LocalBatchBackend": "describe_jobs register_job_definition update_compute_environment",
    "LocalBatchResponse": "batch_backend listjobs submitjob",
    "LocalDataSyncResponse": "cancel_task_execution create_location_s3 create_task describe_task"
    " describe_task_execution list_tasks start_task_execution update_task",
    "LocalEC2Backend": "attach_network_interface iter_tagged_resources",
    "LocalEC2Response": "create_network_interface describe_instance_types run_instances",
    "LocalEventsBackend": "put_rule put_targets",
    "LocalFunction": "get_configuration invoke update_configuration update_function_code",
    "LocalIAMBackend": "attach_role_policy get_policy",
    "LocalJob": "describe terminate",
    "LocalJobDefinition": "describe",
    "LocalLambdaBackend": "create_event_source_mapping create_function"
    " delete_event_source_mapping delete_function delete_function_concurrency"
    " delete_function_event_invoke_config get_function get_function_event_invoke_config invoke"
    " list_event_source_mappings put_function_concurrency put_function_event_invoke_config"
    " update_event_source_mapping update_function_code update_function_event_invoke_config",
    "LocalLambdaResponse": "create_event_source_mapping put_function_event_invoke_config"
    " update_function_event_invoke_config",
    "LocalMapping": "get_configuration",
    "LocalQueue": "_set_attributes approximate_number_of_messages"
    " approximate_number_of_messages_delayed approximate_number_of_messages_not_visible attributes",
    "LocalReplay": "replay_events",
    "LocalRule": "send_to_targets",
    "LocalS3Backend": "complete_multipart_upload delete_bucket delete_object"
    " put_bucket_notification_configuration put_object_tagging",
    "LocalS3Response": "_notification_config_from_body get_bucket_notification put_object_tagging",
    "LocalSNSBackend": "create_topic delete_topic get_topic publish publish_batch"
    " set_subscription_attributes unsubscribe",
    "LocalSNSResponse": "get_topic_attributes publish set_subscription_attributes"
    " set_topic_attributes subscribe",
    "LocalSQSBackend": "change_message_visibility change_message_visibility_batch create_queue"
    " delete_message delete_message_batch delete_queue get_queue purge_queue receive_message"
    " send_message send_message_batch",
    "LocalSQSResponse": "change_message_visibility receive_message sqs_backend",
    "LocalSSMBackend": "send_command",
    "LocalServiceQuotasBackend": "get_service_quota",
    "LocalStage": "_patch_method_setting apply_operations to_json",
}
#: Classes that moto itself makes, so that their parameters are moto's.
MADE_BY_MOTO = {
    *["LocalJobQueue", "LocalStage", "LocalSubscription", "LocalTopic", "_Attachment"],
    *[name for name in OVERRIDDEN if name.endswith("Backend")],
}


def theirs(ours):
    """The class of moto's that `ours` is made from; None if there is none."""
    return next((each for each in ours.__mro__ if each.__module__.startswith("moto.")), None)


def classes():
    modules = pkgutil.walk_packages(patternlab.local.__path__, "patternlab.local.")
    for module in [importlib.import_module(info.name) for info in modules]:
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == module.__name__ and theirs(value):
                yield value


def accepts(function, other):
    """Can `function` be called as `other` is, by position and by name?"""
    parameters = inspect.signature(other).parameters.values()
    names = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    mine = inspect.signature(function)
    mine.bind(**dict.fromkeys(names))  # a TypeError names what is missing
    bound = mine.bind(*names).arguments
    return all(name == value for name, value in bound.items() if isinstance(value, str))


@pytest.mark.parametrize("ours", list(classes()), ids=lambda ours: ours.__name__)
def test_what_is_overridden_is_there_and_takes_what_moto_passes(ours):
    base = theirs(ours)
    found = {
        name: value
        for name, value in vars(ours).items()
        if (inspect.isfunction(value) or isinstance(value, property)) and hasattr(base, name)
    }
    initialiser = found.pop("__init__", None)
    assert sorted(found) == OVERRIDDEN.get(ours.__name__, "").split()
    if initialiser and ours.__name__ in MADE_BY_MOTO:
        found["__init__"] = initialiser
    for name, value in found.items():
        if isinstance(value, property):
            assert isinstance(getattr(base, name), property), name
        else:
            assert accepts(inspect.unwrap(value), getattr(base, name)), name
