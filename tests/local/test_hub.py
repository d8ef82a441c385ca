"""Handlers that wait: other things happen meanwhile, whoever they wait for."""

import builtins
import subprocess
import sys
import textwrap

import pytest

from patternlab.clock import VirtualClock
from patternlab.local.hub import drive, in_handler, sleep, wait_for


class Scope:
    """Notes when it is entered and left."""

    def __init__(self):
        self.inside = 0

    def __enter__(self):
        self.inside += 1

    def __exit__(self, *_):
        self.inside -= 1


def test_two_handlers_sleep_at_the_same_time_and_the_scope_is_left_meanwhile():
    clock, scope, log = VirtualClock(), Scope(), []

    def handler(name, seconds):
        log.append((name, clock.elapsed, scope.inside, in_handler()))
        sleep(clock, seconds)
        log.append((name, clock.elapsed, scope.inside, in_handler()))
        return name

    processes = [
        clock.env.process(drive(clock, lambda n=n, s=s: handler(n, s), scope))
        for n, s in (("a", 5), ("b", 3))
    ]
    clock.wait(4)
    assert (scope.inside, in_handler()) == (0, False)
    clock.wait(1)
    assert [p.value for p in processes] == ["a", "b"]
    assert log == [
        ("a", 0, 1, True),
        ("b", 0, 1, True),
        ("b", 3, 1, True),
        ("a", 5, 1, True),
    ]


def test_what_it_waits_for_may_fail_and_the_handler_may_go_on():
    clock = VirtualClock()

    def handler():
        event = clock.env.event()
        event.fail(OSError("no"))
        try:
            wait_for(clock, event)
        except OSError as error:
            return str(error)

    process = clock.env.process(drive(clock, handler, Scope()))
    assert clock.run_until(process) == "no"


SLEEP = """
import time
def handler(event, context):
    time.sleep(event["seconds"])
    return time.time()
"""

ASKS = """
import boto3, json
def handler(event, context):
    answer = boto3.client("lambda").invoke(
        FunctionName="sleeper", Payload=json.dumps({"seconds": event["seconds"]}))
    return [json.loads(answer["Payload"].read()), context.get_remaining_time_in_millis()]
"""


def test_a_handler_invokes_another_function_and_waits_for_it(world):
    world.create("sleeper", SLEEP, Timeout=60)
    world.create("asker", ASKS, Timeout=100)
    _, left = world.invoke("asker", {"seconds": 30}).payload
    assert left == pytest.approx(70_000, abs=500)


def test_it_times_out_while_the_other_one_goes_on(world):
    world.create("sleeper", SLEEP, Timeout=60)
    world.create("asker", ASKS, Timeout=10)
    assert world.invoke("asker", {"seconds": 30}).payload["errorType"] == "Sandbox.Timedout"
    world.cloud.wait(30)
    assert any("Duration: 30002.00 ms" in line for line in world.lines("sleeper"))


def test_a_long_poll_in_a_handler_is_ended_by_another_functions_message(world):
    url, _ = world.queue("q")
    listens = f"""
import boto3, time
def handler(event, context):
    got = boto3.client("sqs").receive_message(QueueUrl="{url}", WaitTimeSeconds=20)
    return [got["Messages"][0]["Body"], time.time()]
"""
    sends = f"""
import boto3, time
def handler(event, context):
    time.sleep(7)
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody="hello")
"""
    world.create("listener", listens, Timeout=30)
    world.create("sender", sends, Timeout=30)
    begun = world.cloud.now().timestamp()
    world.invoke("sender", InvocationType="Event")
    body, when = world.invoke("listener").payload
    assert (body, when - begun) == ("hello", pytest.approx(7.202))


def test_handlers_run_at_the_same_time(world):
    world.create("sleeper", SLEEP, Timeout=60)
    begun = world.cloud.now()
    for _ in range(10):
        world.invoke("sleeper", {"seconds": 10}, InvocationType="Event")
    world.cloud.wait(11)
    reports = [line for line in world.lines("sleeper") if line.startswith("REPORT")]
    assert len(reports) == 10  # ten environments, each for one at a time
    assert all("Init Duration" in line for line in reports)
    assert (world.cloud.now() - begun).total_seconds() == 11


def test_wait_in_a_handler_gives_way(world, monkeypatch):
    """A handler has no cloud; a condition or a helper that it shares with the notebook may."""
    monkeypatch.setattr(builtins, "CLOUD", world.cloud, raising=False)
    world.create("f", "def handler(event, context):\n    CLOUD.wait(5)\n    return 1\n", Timeout=9)
    world.create("sleeper", SLEEP)
    world.invoke("sleeper", {"seconds": 1}, InvocationType="Event")
    begun = world.cloud.now()
    assert world.invoke("f").payload == 1
    assert (world.cloud.now() - begun).total_seconds() == pytest.approx(5.202)
    assert any(line.startswith("REPORT") for line in world.lines("sleeper"))


def test_threads_of_a_handler_work_but_cannot_wait(world):
    source = """
import boto3, time
from concurrent.futures import ThreadPoolExecutor

def send(n):
    boto3.client("sqs").send_message(QueueUrl=URL, MessageBody=str(n))

def handler(event, context):
    global URL
    URL = event["url"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(8)))
        try:
            pool.submit(time.sleep, 5).result()
        except RuntimeError as error:
            return str(error)
"""
    url, _ = world.queue("q")
    world.create("f", source, Timeout=30)
    assert "Sleep, poll and invoke in the handler itself" in world.invoke("f", {"url": url}).payload
    assert world.count(url) == (8, 0)


# -- without greenlets ---------------------------------------------------------------------------

WITHOUT = """
import sys
sys.modules["greenlet"] = None  # as if it were not installed
from patternlab import open_cloud
from patternlab.local import hub
assert hub.greenlet is None

def inner(event, context):
    import time
    time.sleep(3)
    return "inner"

def outer(event, context):
    import boto3, json, time
    time.sleep(10)
    boto3.client("lambda").invoke(FunctionName="inner", Payload="{}")
    time.sleep(10)
    return "outer"

def spins(event, context):
    while True:
        pass

import json, warnings
warnings.simplefilter("ignore")
with open_cloud(handler_limit=0.2) as cloud:
    for handler in (inner, outer, spins):
        cloud.deploy_function(handler.__name__, handler, timeout=60)
    invoke = lambda name: json.loads(
        cloud.client("lambda").invoke(FunctionName=name)["Payload"].read())
    begun = cloud.now()
    print(invoke("outer"), round((cloud.now() - begun).total_seconds()))
    print(invoke("spins")["errorType"])
    print(invoke("inner"))
    print(len(cloud.history()))
"""


def test_without_greenlets_handlers_run_in_one_go_and_their_sleeps_are_passed_afterwards(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(WITHOUT))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    out = done.stdout.splitlines()
    assert out[2:-1] == ["outer 23", "Sandbox.Timedout", "inner", "4"]
