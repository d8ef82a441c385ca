"""Handlers that never return, and Interrupt: neither may hang the notebook or spoil the cloud."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest
from simpy import Environment

from patternlab import open_cloud
from patternlab.local.guard import Guard


@pytest.fixture
def cloud():
    with open_cloud(handler_limit=0.1) as cloud:
        yield cloud


FINE = "def handler(event, context):\n    return 1\n"


def stopped(world, source, **settings):
    """Invoke a handler that has to be stopped; the cloud works afterwards."""
    world.create("f", source, **settings)
    with pytest.warns(RuntimeWarning, match="0.1 s") as warned:
        got = world.invoke("f")
    assert "time.sleep()" in str(warned[0].message)
    world.create("fine", FINE)
    assert world.invoke("fine").payload == 1
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    return got.payload


def test_a_busy_loop_is_stopped_and_times_out_on_the_clouds_clock(world):
    begun = world.cloud.now()
    source = "def handler(event, context):\n    while True:\n        pass\n"
    assert stopped(world, source, Timeout=10)["errorType"] == "Sandbox.Timedout"
    assert (world.cloud.now() - begun).total_seconds() == pytest.approx(10.4, abs=0.1)
    assert "Status: timeout" in world.lines("f")[-1]


@pytest.mark.parametrize(
    "busy",
    [
        "while True:\n        try:\n            sum(range(1000))\n        except Exception: pass",
        "while True:\n        try:\n            while 1: pass\n        except BaseException: pass",
        "sqs = boto3.client('sqs')\n    while True: sqs.list_queues()",
    ],
    ids=["catches exceptions", "catches everything, and is left behind", "calls the cloud"],
)
def test_one_that_goes_on_all_the_same(world, busy):
    source = f"import boto3\ndef handler(event, context):\n    {busy}\n"
    assert stopped(world, source)["errorType"] == "Sandbox.Timedout"
    assert world.sqs.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_one_that_sleeps_and_catches_everything_times_out(world, recwarn):
    source = """
import time
def handler(event, context):
    while True:
        try:
            time.sleep(1)
        except BaseException:
            pass
"""
    world.create("f", source, Timeout=5)
    for _ in range(2):
        assert world.invoke("f").payload["errorType"] == "Sandbox.Timedout"
    assert not recwarn.list


def test_a_busy_loop_while_loading(world):
    got = stopped(world, "while True:\n    pass\n")
    assert got["errorType"] == "Runtime.Unknown"
    assert "0.1 s" in got["errorMessage"]


@pytest.mark.deep
def test_processes_end_with_such_handlers_left_behind(tmp_path):
    """A greenlet that is freed is run to its end, which these do not have."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import warnings
        from patternlab import open_cloud

        def busy(event, context):
            while True:
                try:
                    while True: pass
                except BaseException: pass

        def sleepy(event, context):
            import time
            while True:
                try: time.sleep(1)
                except BaseException: pass

        warnings.simplefilter("ignore")
        with open_cloud(handler_limit=0.05) as cloud:
            for handler in (busy, sleepy):
                cloud.deploy_function(handler.__name__, handler)
                cloud.client("lambda").invoke(FunctionName=handler.__name__)
            cloud.client("lambda").invoke(FunctionName="sleepy", InvocationType="Event")
            cloud.wait(1)
        print("closed")
        """)
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("closed\n")


# -- Interrupt -----------------------------------------------------------------------------------


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_is_heard_between_two_steps():
    env, log = Environment(), []

    def step(_):
        interrupt()
        log.append("done with the step")

    env.timeout(1).callbacks.append(step)
    with pytest.raises(KeyboardInterrupt), Guard().interrupts(env):
        env.run()
    assert log == ["done with the step"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_while_waiting_leaves_the_cloud_usable(world):
    url, arn = world.queue("q")
    world.create("f", FINE)
    world.map(arn, "f")
    world.sqs.send_message(QueueUrl=url, MessageBody="a", DelaySeconds=30)
    env = world.cloud._backend.clock.env
    env.timeout(10).callbacks.append(lambda _: interrupt())
    begun = world.cloud.now()
    with pytest.raises(KeyboardInterrupt):
        world.cloud.wait(3_600)
    assert (world.cloud.now() - begun).total_seconds() == 10
    assert world.count(url) == (0, 0)
    world.cloud.wait(7_200)  # what the first wait left behind does not end this one
    assert (world.cloud.now() - begun).total_seconds() == 7_210
    assert any(line.startswith("REPORT") for line in world.lines("f"))


def test_an_interrupt_stops_a_handler_at_once(world):
    source = """
import os, signal
def handler(event, context):
    os.kill(os.getpid(), signal.SIGINT)
    while True:
        pass
"""
    url, arn = world.queue("q")
    world.create("f", source)
    with pytest.raises(KeyboardInterrupt):
        world.invoke("f")
    world.map(arn, "f")
    world.sqs.send_message(QueueUrl=url, MessageBody="a")
    with pytest.raises(KeyboardInterrupt):
        world.cloud.wait(1)
    assert world.count(url) == (0, 1)  # in flight until its visibility timeout
    world.create("fine", FINE)
    assert world.invoke("fine").payload == 1


def test_an_interrupt_does_not_cut_a_call_to_the_cloud_in_two(world, monkeypatch):
    """It is heard when the call is done."""
    url, _ = world.queue("q")
    source = f"""
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody="sent")
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody="never")
"""
    world.create("f", source)
    from patternlab.local.sqs.service import LocalSQSBackend

    plain = LocalSQSBackend.send_message

    def interrupted(self, *args, **kwargs):
        interrupt()
        return plain(self, *args, **kwargs)

    monkeypatch.setattr(LocalSQSBackend, "send_message", interrupted)
    with pytest.raises(KeyboardInterrupt):
        world.invoke("f")
    assert world.count(url) == (1, 0)
