"""The internals of moto's S3 and EventBridge that ``patternlab.local.s3.service`` and
``patternlab.local.events.service`` lean on. A new moto that moves one of them fails here, by
name."""

import inspect

from moto.events import models as events
from moto.s3 import models, notifications, responses

from tests.local.contracts.inspection import parameters


def test_s3_is_one_backend_for_all_regions_of_a_partition():
    assert "aws" in models.s3_backends["123456789012"]


def test_events_are_sent_by_two_functions_looked_up_in_their_module_at_each_call():
    assert parameters(notifications.send_event) == ["account_id", "event_name", "bucket", "key"]
    assert parameters(notifications.send_test_event) == ["account_id", "bucket"]
    source = inspect.getsource(models)
    assert "import send_event" not in source
    assert source.count("notifications.send_event(") == 10
    assert source.count("notifications.send_test_event(") == 1


def test_event_names_begin_with_s3():
    assert all(name.startswith("s3:") for name in notifications.S3NotificationEvent.events())


def test_a_new_bucket_is_told_through_a_name_of_the_models_module():
    source = inspect.getsource(models)
    assert source.count("events_send_notification") == 2
    assert "events_send_notification(" in inspect.getsource(models.S3Backend.create_bucket)


def test_several_deletes_go_through_delete_object():
    assert "self.delete_object(" in inspect.getsource(models.S3Backend.delete_objects)


def test_a_multipart_upload_reports_put_and_tags_too():
    """So what happens inside of it is muted."""
    source = inspect.getsource(models.S3Backend.complete_multipart_upload)
    assert "self.put_object(" in source and "self.put_object_tagging(" in source


def test_every_put_object_sets_tags():
    """So ObjectTagging:Put counts only when PutObjectTagging was called."""
    source = inspect.getsource(responses.S3Response.put_object)
    assert "self.backend.put_object_tagging(" in source


def test_a_configuration_is_read_from_the_body_by_one_method():
    source = inspect.getsource(responses.S3Response)
    assert source.count("_notification_config_from_body()") == 1
    assert "parse(self.body)" in inspect.getsource(
        responses.S3Response._notification_config_from_body
    )


def test_a_notification_has_these_fields():
    made = models.Notification("arn", ["s3:ObjectCreated:*"], {"S3Key": {"FilterRule": []}}, "id")
    assert (made.arn, made.events, made.id) == ("arn", ["s3:ObjectCreated:*"], "id")
    assert made.filters == {"S3Key": {"FilterRule": []}}


def test_rules_and_replays_are_made_by_name():
    assert "rule = Rule(" in inspect.getsource(events.EventsBackend.put_rule)
    assert "replay = Replay(" in inspect.getsource(events.EventsBackend.start_replay)


def test_targets_are_called_by_send_to_targets_only():
    assert inspect.getsource(events).count(".send_to_targets(") == 2


def test_an_event_has_the_time_it_came_in():
    assert 'event_msg["ingestion-time"] = unix_time()' in inspect.getsource(
        events.EventsBackend.put_events
    )


def test_an_archive_has_its_rule_and_events():
    source = inspect.getsource(events.EventsBackend.create_archive)
    assert "archive.rule = rule" in source
    assert "self.events" in inspect.getsource(events.Archive.__init__)
