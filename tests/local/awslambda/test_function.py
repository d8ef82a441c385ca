"""Functions from zips, created and invoked through boto3, run in this process."""

import base64
import json
import os
import re

import pytest

from tests.local.refusals import refused

ECHO = """
def handler(event, context):
    return event
"""


# -- invoking ------------------------------------------------------------------------------------


def test_an_event_goes_in_and_a_response_comes_out(world):
    world.create("f", ECHO)
    got = world.invoke("f", {"n": [1, "é", None]})
    assert (got.payload, got.error, got.status) == ({"n": [1, "é", None]}, None, 200)
    assert got.answer["ExecutedVersion"] == "$LATEST"
    assert "LogResult" not in got.answer


def test_a_function_is_found_by_arn_too(world):
    arn = world.create("f", ECHO)["FunctionArn"]
    assert world.invoke(arn, {"n": 1}).payload == {"n": 1}


def test_the_context_tells_about_the_invocation(world):
    source = """
def handler(event, context):
    names = ("aws_request_id", "function_name", "invoked_function_arn", "memory_limit_in_mb",
             "log_group_name", "log_stream_name", "function_version")
    left = context.get_remaining_time_in_millis()
    return {**{name: getattr(context, name) for name in names}, "left": left}
"""
    arn = world.create("f", source, Timeout=7, MemorySize=256)["FunctionArn"]
    got = world.invoke("f").payload
    assert re.fullmatch(r"[0-9a-f-]{36}", got.pop("aws_request_id"))
    assert re.fullmatch(r"2026/01/05/\[\$LATEST\][0-9a-f]{32}", got.pop("log_stream_name"))
    assert 6_900 < got.pop("left") <= 7_000
    assert got == {
        "function_name": "f",
        "invoked_function_arn": arn,
        "memory_limit_in_mb": "256",
        "log_group_name": "/aws/lambda/f",
        "function_version": "$LATEST",
    }


def test_environment_variables_are_there_in_the_call_and_nowhere_else(world, monkeypatch):
    monkeypatch.setenv("OF_THE_NOTEBOOK", "1")
    source = """
import os
AT_IMPORT = os.environ["TABLE"]
def handler(event, context):
    os.environ["LEFT_BEHIND"] = "1"
    names = ("TABLE", "AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "OF_THE_NOTEBOOK")
    return [AT_IMPORT, *(os.environ.get(name) for name in names), os.getenv("TABLE")]
"""
    world.create("f", source, Environment={"Variables": {"TABLE": "orders"}})
    before, inside = os.environ, dict(os.environ)
    got = world.invoke("f").payload
    assert got == ["orders", "orders", "us-east-1", "f", None, "orders"]
    assert os.environ is before
    assert dict(os.environ) == inside


def test_the_first_invocation_starts_cold_and_the_next_ones_are_warm(world):
    source = """
COUNT = 0
def handler(event, context):
    global COUNT
    COUNT += 1
    return COUNT
"""
    world.create("f", source)
    assert [world.invoke("f").payload for _ in range(3)] == [1, 2, 3]
    kinds = [line.split(" ")[0] for line in world.lines("f")]
    assert kinds == ["INIT_START"] + ["START", "END", "REPORT"] * 3
    assert ["Init Duration" in line for line in world.lines("f") if line.startswith("REPORT")] == [
        True,
        False,
        False,
    ]


def test_events_71_init_is_billed(world):
    world.create("f", ECHO)
    world.invoke("f")
    [report] = [line for line in world.lines("f") if line.startswith("REPORT")]
    assert "Duration: 2.00 ms\tBilled Duration: 202 ms" in report
    assert "Init Duration: 200.00 ms" in report


def test_the_log_tail_comes_with_the_response_when_asked_for(world):
    source = """
def handler(event, context):
    print("hello")
    print("x" * event["long"])
"""
    world.create("f", source)
    tail = base64.b64decode(world.invoke("f", {"long": 1}, LogType="Tail").answer["LogResult"])
    assert b"\nhello\n" in tail
    assert tail.startswith(b"INIT_START")
    long = base64.b64decode(world.invoke("f", {"long": 9_000}, LogType="Tail").answer["LogResult"])
    assert len(long) == 4_096
    assert b"REPORT RequestId" in long


def test_events_68_what_is_printed_and_what_the_platform_writes_is_in_the_log(world):
    source = """
import logging
logging.getLogger().setLevel(logging.INFO)
print("at import")
def handler(event, context):
    print("two\\nlines")
    logging.info("logged")
    print("no end", end="")
"""
    world.create("f", source)
    world.invoke("f")
    init, at_import, start, two, lines, logged, no_end, end, report = world.lines("f")
    assert init.startswith("INIT_START Runtime Version: python:3.12")
    assert (at_import, two, lines, no_end) == ("at import\n", "two\n", "lines\n", "no end")
    request_id = re.fullmatch(r"START RequestId: (\S+) Version: \$LATEST\n", start)[1]
    assert re.fullmatch(rf"\[INFO\]\t2026-01-05T09:00:00\.\d{{3}}Z\t{request_id}\tlogged\n", logged)
    assert end == f"END RequestId: {request_id}\n"
    assert report.startswith(f"REPORT RequestId: {request_id}\tDuration: ")


def test_events_70_a_log_in_json_has_start_and_report(world):
    source = """
import logging
def handler(event, context):
    logging.getLogger("orders").info("logged %s", 7)
    raise KeyError("nope")
"""
    world.create("f", source, LoggingConfig={"LogFormat": "JSON"})
    world.invoke("f")
    start, logged, error, report = map(json.loads, world.lines("f"))
    assert (start["type"], start["record"]["version"]) == ("platform.start", "$LATEST")
    assert (logged["level"], logged["message"], logged["logger"]) == ("INFO", "logged 7", "orders")
    assert (error["errorType"], error["log_level"]) == ("KeyError", "ERROR")
    assert report["type"] == "platform.report"
    assert report["record"]["requestId"] == start["record"]["requestId"] == logged["requestId"]
    metrics = report["record"]["metrics"]
    assert metrics["billedDurationMs"] == metrics["durationMs"] + metrics["initDurationMs"] == 202


def test_logs_go_to_the_group_that_was_asked_for(world):
    world.create("f", ECHO, LoggingConfig={"LogGroup": "/my/group"})
    world.invoke("f")
    events = world.logs.filter_log_events(logGroupName="/my/group")["events"]
    assert events[0]["message"].startswith("INIT_START")


# -- errors --------------------------------------------------------------------------------------


def test_an_exception_gives_type_message_and_stack_trace(world):
    files = {
        "lambda_function.py": (
            "import deep\ndef handler(event, context):\n    return deep.dig(event)\n"
        ),
        "deep.py": "def dig(event):\n    raise LookupError('nothing here')\n",
    }
    world.create("f", files)
    got = world.invoke("f")
    assert (got.error, got.status) == ("Unhandled", 200)
    assert got.payload["errorType"] == "LookupError"
    assert got.payload["errorMessage"] == "nothing here"
    assert re.fullmatch(r"[0-9a-f-]{36}", got.payload["requestId"])
    assert got.payload["stackTrace"] == [
        '  File "/var/task/lambda_function.py", line 3, in handler\n'
        "    return deep.dig(event)\n           ^^^^^^^^^^^^^^^\n",
        "  File \"/var/task/deep.py\", line 2, in dig\n    raise LookupError('nothing here')\n",
    ]
    [line] = [line for line in world.lines("f") if line.startswith("[ERROR]")]
    assert line.startswith("[ERROR] LookupError: nothing here\nTraceback (most recent call last):")


def test_tracebacks_show_the_function_that_failed_even_if_another_has_the_same_file(world):
    world.create("one", "def handler(event, context):\n    raise ValueError('one')\n")
    world.create("two", "def handler(event, context):\n    raise ValueError('two')\n")
    for name in ("one", "two", "one"):
        assert f"raise ValueError('{name}')" in world.invoke(name).payload["stackTrace"][0]


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        ("def handler(", "lambda_function.handler", "UserCodeSyntaxError", "Syntax error in mod"),
        ("import nowhere", "lambda_function.handler", "ImportModuleError", "No module named 'now"),
        (ECHO, "nowhere.handler", "ImportModuleError", "Unable to import module 'nowhere'"),
        (ECHO, "lambda_function.main", "HandlerNotFound", "Handler 'main' missing on module"),
        (ECHO, "handler", "MalformedHandlerName", "Bad handler 'handler'"),
        ("raise SystemExit(3)", "lambda_function.handler", "ExitError", "exit status 3"),
        ("\x00", "lambda_function.handler", "UserCodeSyntaxError", "Syntax error in module"),
    ],
)
def test_code_that_cannot_be_loaded(world, source, handler, kind, message):
    world.create("f", source, Handler=handler)
    for _ in range(2):  # and again: it starts anew each time
        got = world.invoke("f")
        assert got.error == "Unhandled"
        assert got.payload["errorType"] == f"Runtime.{kind}"
        assert message in got.payload["errorMessage"]
    lines = world.lines("f")
    assert sum(line.startswith("INIT_START") for line in lines) == 2
    assert sum(line.startswith("INIT_REPORT") for line in lines) == 2
    assert f"Status: error\tError Type: Runtime.{kind}" in lines[-1]


def test_an_exception_while_loading_is_the_functions_own(world):
    world.create("f", "raise RuntimeError('not today')")
    assert world.invoke("f").payload["errorType"] == "RuntimeError"


def test_a_handler_that_exits_ends_its_environment(world):
    source = """
import sys
COUNT = 0
def handler(event, context):
    global COUNT
    COUNT += 1
    if event.get("exit"):
        sys.exit(event["exit"])
    return COUNT
"""
    world.create("f", source)
    assert world.invoke("f").payload == 1
    got = world.invoke("f", {"exit": 1}).payload
    assert got["errorType"] == "Runtime.ExitError"
    assert re.fullmatch(
        r"RequestId: \S+ Error: Runtime exited with error: exit status 1", got["errorMessage"]
    )
    assert "stackTrace" not in got
    assert world.invoke("f").payload == 1


def test_a_response_that_is_no_json_is_an_error(world):
    world.create("f", "def handler(event, context):\n    return {1, 2}\n")
    got = world.invoke("f").payload
    assert got["errorType"] == "Runtime.MarshalError"
    assert "set is not JSON serializable" in got["errorMessage"]


def test_a_handler_of_one_argument_fails_as_on_aws(world):
    world.create("f", "def handler(event):\n    pass\n")
    assert (
        "takes 1 positional argument but 2 were given" in world.invoke("f").payload["errorMessage"]
    )


# -- time ----------------------------------------------------------------------------------------


def test_a_handler_sleeps_on_the_clouds_clock(world):
    source = """
import time
def handler(event, context):
    before = time.time()
    time.sleep(100)
    return [time.time() - before, context.get_remaining_time_in_millis()]
"""
    world.create("f", source, Timeout=900)
    begun = world.cloud.now()
    slept, left = world.invoke("f").payload
    assert slept == pytest.approx(100)
    assert left == pytest.approx(800_000, abs=10)
    assert (world.cloud.now() - begun).total_seconds() == pytest.approx(100.202)


def test_events_69_a_handler_that_sleeps_too_long_fails_at_its_timeout(world):
    source = """
import time
def handler(event, context):
    print("before")
    try:
        time.sleep(100)
    finally:
        print("after")
"""
    world.create("f", source, Timeout=4)
    begun = world.cloud.now()
    got = world.invoke("f")
    assert (world.cloud.now() - begun).total_seconds() == pytest.approx(4.2)
    assert got.error == "Unhandled"
    assert got.payload["errorType"] == "Sandbox.Timedout"
    message = r"RequestId: (\S+) Error: Task timed out after 4.00 seconds"
    assert re.fullmatch(message, got.payload["errorMessage"])
    assert set(got.payload) == {"errorType", "errorMessage"}
    lines = world.lines("f")
    assert "before\n" in lines
    assert "after\n" not in lines  # AWS stops the environment there and then
    assert "Status: timeout" in lines[-1]
    assert "Task timed out" not in "".join(lines)
    world.invoke("f")
    assert sum(line.startswith("INIT_START") for line in world.lines("f")) == 2


def test_after_its_timeout_a_handler_changes_nothing_in_the_cloud(world, recwarn):
    source = """
import boto3, time
def handler(event, context):
    try:
        time.sleep(100)
    finally:
        boto3.client("sqs").send_message(QueueUrl=event["url"], MessageBody="late")
"""
    url, _ = world.queue("q")
    world.create("f", source, Timeout=4)
    assert world.invoke("f", {"url": url}).payload["errorType"] == "Sandbox.Timedout"
    assert world.count(url) == (0, 0)
    assert not recwarn.list


# -- other invocation types ----------------------------------------------------------------------


def test_a_dry_run_runs_nothing(world):
    world.create("f", "raise RuntimeError")
    got = world.invoke("f", InvocationType="DryRun")
    assert (got.status, got.error) == (204, None)
    assert world.logs.describe_log_groups()["logGroups"] == []


def test_events_40_a_synchronous_payload_has_a_limit(world):
    world.create("f", ECHO)
    code, message = refused(world.lam.invoke, FunctionName="f", Payload=json.dumps("x" * 6_291_456))
    assert code == "RequestEntityTooLargeException"
    assert message == (
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    )


def test_a_payload_that_is_no_json_is_refused(world):
    world.create("f", ECHO)
    code, message = refused(world.lam.invoke, FunctionName="f", Payload="{no")
    assert code == "InvalidRequestContentException"
    assert "Could not parse request body into json" in message


# -- configuration -------------------------------------------------------------------------------


@pytest.mark.parametrize("dry", [False, True])
def test_new_code_runs_at_once_unless_it_is_a_dry_run(world, zip_of, dry):
    world.create("f", "def handler(event, context):\n    return 1\n")
    assert world.invoke("f").payload == 1
    new = zip_of("def handler(event, context):\n    return 2\n")
    world.lam.update_function_code(FunctionName="f", ZipFile=new, DryRun=dry)
    assert world.invoke("f").payload == (1 if dry else 2)


def test_new_settings_hold_from_the_next_invocation(world):
    source = """
import os, time
def handler(event, context):
    time.sleep(2)
    return os.environ["COLOUR"]
def other(event, context):
    return "other"
"""
    world.create("f", source, Timeout=1, Environment={"Variables": {"COLOUR": "red"}})
    assert world.invoke("f").payload["errorType"] == "Sandbox.Timedout"
    changed = {"COLOUR": "blue"}
    world.lam.update_function_configuration(
        FunctionName="f", Timeout=5, Environment={"Variables": changed}
    )
    assert world.invoke("f").payload == "blue"
    world.lam.update_function_configuration(FunctionName="f", Handler="lambda_function.other")
    assert world.invoke("f").payload == "other"


VALIDATION, INVALID = "ValidationException", "InvalidParameterValueException"


@pytest.mark.parametrize(
    ("settings", "code", "part"),
    [
        ({"Timeout": 901}, VALIDATION, "900"),
        ({"MemorySize": 10_241}, VALIDATION, "10240"),
        ({"Runtime": "nodejs22.x"}, INVALID, "nodejs22.x"),
        ({"Role": "arn:aws:iam::123456789012:role/nobody"}, INVALID, "role"),
        ({"LoggingConfig": {"LogFormat": "XML"}}, INVALID, "LogFormat"),
        ({"Code": {"ZipFile": b"PK no"}}, INVALID, "Could not unzip uploaded file"),
        ({"Runtime": None, "Handler": None}, INVALID, "Runtime and Handler are mandatory"),
    ],
)
def test_what_a_function_cannot_be(world, zip_of, settings, code, part):
    spec = {
        "FunctionName": "f",
        "Runtime": "python3.12",
        "Handler": "lambda_function.handler",
        "Role": world.cloud.client("iam").get_role(RoleName="r")["Role"]["Arn"],
        "Code": {"ZipFile": zip_of(ECHO)},
        **settings,
    }
    got = refused(world.lam.create_function, **{k: v for k, v in spec.items() if v is not None})
    assert got[0] == code and part in got[1]
    assert world.lam.list_functions()["Functions"] == []


def test_new_code_that_is_not_a_zip_is_refused_and_the_old_stays(world):
    world.create("f", ECHO)
    got = refused(world.lam.update_function_code, FunctionName="f", ZipFile=b"PK no")
    assert got[0] == INVALID
    assert world.invoke("f", {"n": 1}).payload == {"n": 1}


def test_functions_can_be_listed_with_their_versions(world):
    world.create("f", ECHO, Publish=True)
    world.lam.publish_version(FunctionName="f")
    listed = world.lam.list_functions(FunctionVersion="ALL")["Functions"]
    assert [function["Version"] for function in listed] == ["$LATEST", "1"]
    assert world.invoke("f", {"n": 1}, Qualifier="1").payload == {"n": 1}
