"""cloud.history(): deliveries read back from logs alone."""

import json

import pandas as pd
import pytest

from patternlab import open_cloud
from patternlab.delivery.attempts import COLUMNS
from patternlab.functions.history import attempts_of

R = "11111111-1111-4111-8111-111111111111"


def delivery(name, request=R, **extra):
    line = {"patternlab": "delivery", "requestId": request, "time": 10.0, "id": name, "key": name}
    return json.dumps({**line, "count": 1, "group": None, "sent": 9.0, **extra})


def result(request=R, **extra):
    return json.dumps(
        {"patternlab": "result", "requestId": request, "time": 11.0, "failed": [], **extra}
    )


def report(request=R, rest=""):
    return f"REPORT RequestId: {request}\tDuration: 1000.00 ms\tBilled Duration: 1000 ms\t{rest}\n"


def rows(*lines):
    return [attempt._asdict() for attempt in attempts_of("f", lines)]


def outcomes(*lines):
    return [(row["message_id"], row["outcome"], row["error_type"]) for row in rows(*lines)]


def test_a_success():
    [row] = rows("START", delivery("a", group="g", count=3), "hello", result(), report())
    assert row == {
        "message_id": "a",
        "key": "a",
        "receive_count": 3,
        "group": "g",
        "function": "f",
        "request_id": R,
        "sent": 9.0,
        "start": 10.0,
        "end": 11.0,
        "outcome": "succeeded",
        "error_type": None,
    }


def test_an_exception_fails_the_whole_batch():
    lines = delivery("a"), delivery("b"), result(error="ValueError", failed=None), report()
    assert outcomes(*lines) == [("a", "failed", "ValueError"), ("b", "failed", "ValueError")]


@pytest.mark.parametrize(
    ("failed", "names"), [(["b"], "b"), ([], ""), (["x"], "ab"), ([None], "ab"), (None, "ab")]
)
def test_events_32_to_34_partial_batches(failed, names):
    got = outcomes(delivery("a"), delivery("b"), result(failed=failed), report())
    assert "".join(name for name, outcome, _ in got if outcome == "failed") == names
    assert {why for _, outcome, why in got if outcome == "failed"} <= {"batchItemFailures"}


def test_events_69_a_time_out_is_known_from_the_report():
    lines = delivery("a"), report(rest="Max Memory Used: 40 MB\tStatus: timeout\t")
    [row] = rows(*lines)
    assert (row["outcome"], row["error_type"]) == ("timed out", "Sandbox.Timedout")
    assert row["end"] == 11.0


def test_a_crash_is_no_time_out():
    lines = delivery("a"), report(rest="Status: error\tError Type: Runtime.ExitError\t")
    assert outcomes(*lines) == [("a", "failed", "Runtime.ExitError")]


def test_events_70_reports_in_json():
    def platform(status, **extra):
        record = {"requestId": R, "metrics": {"durationMs": 1000.0}, "status": status, **extra}
        return json.dumps({"time": "t", "type": "platform.report", "record": record})

    assert outcomes(delivery("a"), result(), platform("success")) == [("a", "succeeded", None)]
    assert outcomes(delivery("a"), platform("timeout")) == [("a", "timed out", "Sandbox.Timedout")]
    crashed = platform("error", errorType="Runtime.ExitError")
    assert outcomes(delivery("a"), crashed) == [("a", "failed", "Runtime.ExitError")]


def test_events_43_asynchronous_attempts_share_a_request_id():
    one = delivery("a", count=None), result(error="E"), report()
    two = delivery("a", count=None, time=70.0), result(time=71.0), report()
    got = [(r["receive_count"], r["start"], r["outcome"]) for r in rows(*one, *two)]
    assert got == [(1, 10.0, "failed"), (2, 70.0, "succeeded")]


def test_an_invocation_that_has_not_ended_has_no_row():
    assert rows(delivery("a")) == []


@pytest.mark.parametrize(
    "line",
    [
        "{broken",
        '{"any": "thing"}',
        '{"patternlab": "delivery"}',
        '{"patternlab": "result", "requestId": []}',
        '{"type": "platform.report"}',
        '{"type": "platform.report", "record": 7}',
        "REPORT of the week",
        "",
    ],
)
def test_lines_of_the_learners_own_do_no_harm(line):
    assert len(rows(line, delivery("a"), line, result(), line, report(), line)) == 1


# -- through a cloud -----------------------------------------------------------------------------


@pytest.fixture
def cloud():
    with open_cloud() as cloud:
        yield cloud


def talkative(event, context):
    print(json.dumps({"patternlab": "delivery", "made": "up"}))
    print(json.dumps({"type": "platform.report", "n": len(event["Records"])}))
    bad = [r["messageId"] for r in event["Records"] if r["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}


def crashing(event, context):
    import sys

    sys.exit(1)


def slow(event, context):
    import time

    time.sleep(60)


def mapped(cloud, name, handler, **settings):
    sqs = cloud.client("sqs")
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = sqs.create_queue(QueueName=f"{name}.fifo", Attributes=fifo)["QueueUrl"]
    got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    cloud.deploy_function(name, handler, timeout=5)
    cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=got["QueueArn"],
        FunctionName=name,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    cloud.wait(5)
    return url


def test_several_functions_and_every_outcome(cloud):
    sqs = cloud.client("sqs")
    handlers = {"talkative": talkative, "crashing": crashing, "slow": slow}
    urls = {name: mapped(cloud, name, handler) for name, handler in handlers.items()}
    for name, url in urls.items():
        for body in ("good", "bad"):
            sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=f"g-{name}")
    cloud.wait(20)
    history = cloud.history()
    assert list(history.columns) == list(COLUMNS)
    got = {
        (row.function, row.key): (
            row.outcome,
            None if pd.isna(row.error_type) else row.error_type,
            row.group,
            row.receive_count,
        )
        for row in history.itertuples()
    }
    assert got == {
        ("talkative", "good"): ("succeeded", None, "g-talkative", 1),
        ("talkative", "bad"): ("failed", "batchItemFailures", "g-talkative", 1),
        ("crashing", "good"): ("failed", "Runtime.ExitError", "g-crashing", 1),
        ("crashing", "bad"): ("failed", "Runtime.ExitError", "g-crashing", 1),
        ("slow", "good"): ("timed out", "Sandbox.Timedout", "g-slow", 1),
        ("slow", "bad"): ("timed out", "Sandbox.Timedout", "g-slow", 1),
    }
    assert history["start"].is_monotonic_increasing
    assert set(cloud.history("slow")["function"]) == {"slow"}
    assert cloud.history("slo").empty
    slow_row = cloud.history("slow").iloc[0]
    assert (slow_row["end"] - slow_row["start"]).total_seconds() == pytest.approx(5)


def test_an_empty_cloud_has_an_empty_history(cloud):
    assert list(cloud.history().columns) == list(COLUMNS)
    assert len(cloud.history()) == 0


def test_a_function_that_cannot_be_loaded_has_no_rows(cloud):
    def handler(event, context):
        import nowhere  # noqa: F401

    cloud.deploy_function("f", handler)
    cloud.client("lambda").invoke(FunctionName="f")
    assert len(cloud.history()) == 1  # the handler fails, and the recorder sees it
    cloud.client("lambda").update_function_configuration(FunctionName="f", Handler="entry.nobody")
    cloud.client("lambda").invoke(FunctionName="f")
    assert len(cloud.history()) == 1


def test_more_than_one_page_of_logs(cloud):
    """CloudWatch gives at most 10,000 events at a time."""
    logs = cloud.client("logs")
    names = {"logGroupName": "/aws/lambda/f", "logStreamName": "s"}
    logs.create_log_group(logGroupName=names["logGroupName"])
    logs.create_log_stream(**names)
    now = round(cloud.now().timestamp() * 1000)
    lines = [line for n in range(3_400) for line in (delivery(f"m{n}", f"r{n}"), result(f"r{n}"))]
    lines += [report(f"r{n}") for n in range(3_400)]
    for first in range(0, len(lines), 5_000):
        events = [
            {"timestamp": now + first + i, "message": line}
            for i, line in enumerate(lines[first : first + 5_000])
        ]
        logs.put_log_events(logEvents=events, **names)
    history = cloud.history()
    assert len(history) == 3_400
    assert set(history["outcome"]) == {"succeeded"}
