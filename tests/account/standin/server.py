"""A stand-in for an AWS account: ministack, an independent server that speaks AWS's HTTP.

A test module asks for the fixture ``ministack`` of ``conftest.py``, and gets a server of its own::

    def test_a_queue_is_swept(ministack, monkeypatch):
        for name, value in ministack.environment.items():
            monkeypatch.setenv(name, value)      # boto3 and open_cloud(backend="aws") now go there
        sqs = boto3.client("sqs")
        assert ministack.client("sqs").list_queues()  # or a client that needs no environment

One server lasts for the module: tests in it tell their things apart by name. A test that needs an
empty server of its own, or settings of ministack's, starts one::

    from tests.account.standin.server import running

    with running(LAMBDA_ASYNC_RETRY_BASE_SECONDS="0.2") as server:
        ...

The server listens on 127.0.0.1 only, really runs Lambda functions (as processes of this machine),
keeps everything in memory and in a folder that goes with it, knows no container engine and none of
this machine's credentials. It ends with the ``with`` block, and also when its owner is killed.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from patternlab.ports import free_port
from patternlab.service_models import boto3_session

ACCOUNT = "918273645546"  # nobody's, and easily told from every other number in an output
REGION = "us-east-1"
ROOT_KEY, ROOT_SECRET = "AKIASTANDINFORNOBODY", "a-secret-that-no-output-may-show"
ROLE = "student"  # whom a learner's session is: ministack takes every lasting key for root's
START_SECONDS = 60

# Starts the server and ends it, with the functions it runs, once nobody holds the other end of
# standard input: the owner closes it, or is gone.
_WITH_ITS_OWNER = """
import os, runpy, signal, sys, threading

def end_with_the_owner():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)

threading.Thread(target=end_with_the_owner, daemon=True).start()
sys.argv = ["ministack"]
runpy.run_module("ministack", run_name="__main__")
"""


class NotStarted(RuntimeError):
    """ministack did not start; its last words are in the text."""


@dataclass(frozen=True)
class StandIn:
    """A running server, and the credentials of a learner's session with it."""

    port: int
    pid: int
    credentials: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        """Its address, as AWS_ENDPOINT_URL wants it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to take this server for its account."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            **self.credentials,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: str, region: str = REGION) -> Any:
        """A root user's boto3 client of this server, which takes nothing from the environment."""
        return _client(self.url, service, region)


@cache
def _client(url: str, service: str, region: str) -> Any:
    """Made once, and from descriptions read once: that takes longer than asking."""
    session = boto3_session(region)
    return session.client(
        service,
        endpoint_url=url,
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_SECRET,
        aws_session_token=None,
    )


@contextlib.contextmanager
def running(account: str = ACCOUNT, **settings: str) -> Iterator[StandIn]:
    """A server on a free port of 127.0.0.1; `settings` are environment variables of ministack's."""
    with tempfile.TemporaryDirectory(prefix="patternlab-standin-") as folder:
        server, port = _start(folder, account, settings)
        try:
            yield StandIn(port, server.pid, _session_of_a_learner(StandIn(port, server.pid)))
        finally:
            _stop(server)


def _session_of_a_learner(server: StandIn) -> dict[str, str]:
    """The environment of a session that is not the root user's: nothing is opened for root."""
    account = server.client("sts").get_caller_identity()["Account"]
    role = f"arn:aws:iam::{account}:role/{ROLE}"
    made = server.client("sts").assume_role(RoleArn=role, RoleSessionName="ada")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
    }


def _start(
    folder: str, account: str, settings: dict[str, str], attempts: int = 3
) -> tuple[subprocess.Popen[bytes], int]:
    """A server that answers; on another port when somebody was quicker to take the first."""
    log = os.path.join(folder, "server.log")
    for _ in range(attempts):
        port = free_port()
        with open(log, "wb") as output:
            server = subprocess.Popen(
                [sys.executable, "-c", _WITH_ITS_OWNER],
                env=_environment(folder, port, account) | settings,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            if _answers(server, port):
                return server, port
        except BaseException:
            _stop(server)
            raise
        _stop(server)
    with open(log, encoding="utf-8", errors="replace") as output:
        raise NotStarted(f"ministack did not start within {START_SECONDS} s:\n{output.read()}")


def _environment(folder: str, port: int, account: str) -> dict[str, str]:
    """This process's environment without anything of AWS's, and the server's settings."""
    ours = {n: v for n, v in os.environ.items() if not n.startswith(("AWS_", "PATTERNLAB_"))}
    return ours | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": folder,
        "STATE_DIR": f"{folder}/state",
        "S3_DATA_DIR": f"{folder}/s3",
        "LOG_LEVEL": "WARNING",
        "NO_PROXY": "127.0.0.1",
    }


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the server says that it is healthy; False when it ended or takes too long."""
    end = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/_ministack/health")
            if connection.getresponse().status == 200:
                return server.poll() is None
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and the functions it runs."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    server.stdin.close()
