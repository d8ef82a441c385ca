"""A local cloud on a machine that is full of credentials: no connection is tried, no file opened.

``tests/local/test_session.py`` holds a cloud's single calls to it; here whole notebooks run, in a
process that is watched by Python's audit events.
"""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from patternlab.paths import NOTEBOOKS

ROOT = Path(__file__).parents[3]
NOBODY = "http://127.0.0.1:9"  # the port of "discard": nothing listens there


@pytest.fixture
def home(tmp_path):
    """A home with profiles, and tokens beside them."""
    folder = tmp_path / "home"
    (folder / ".aws" / "sso" / "cache").mkdir(parents=True)
    keys = "aws_access_key_id = AKIAABCDEFGHIJKLMNOP\naws_secret_access_key = not-a-real-one\n"
    (folder / ".aws" / "credentials").write_text(f"[default]\n{keys}[work]\n{keys}")
    (folder / ".aws" / "config").write_text(
        f"[default]\nregion = eu-west-1\nendpoint_url = {NOBODY}\n"
        f"[profile work]\nregion = eu-west-1\ncredential_process = touch {tmp_path}/was-run\n"
    )
    (folder / ".aws" / "token").write_text("a.web.token")
    return folder


def environment(home):
    """What a machine of somebody who works with AWS has, and more."""
    return {
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'helpers'}",
        "IPYTHONDIR": str(home / "ipython"),
        "AWS_PROFILE": "work",
        "AWS_ACCESS_KEY_ID": "AKIAABCDEFGHIJKLMNOP",
        "AWS_SECRET_ACCESS_KEY": "not-a-real-one",
        "AWS_SESSION_TOKEN": "not-a-real-one",
        "AWS_REGION": "eu-west-1",
        "AWS_SHARED_CREDENTIALS_FILE": str(home / ".aws" / "credentials"),
        "AWS_CONFIG_FILE": str(home / ".aws" / "config"),
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(home / ".aws" / "token"),
        "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/work",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{NOBODY}/credentials",
        "AWS_ENDPOINT_URL": NOBODY,
        "AWS_ENDPOINT_URL_SQS": NOBODY,
        "HTTP_PROXY": NOBODY,
        "HTTPS_PROXY": NOBODY,
        "PATTERNLAB_CEILING": "100.00",  # a price alone opens no account
    }


def run(notebooks, home, **more):
    """What ``offline.py`` says of the notebooks, in their order."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.account.standin.offline",
            str(home / ".aws"),
            *map(str, notebooks),
        ],
        cwd=ROOT,
        env=environment(home) | more,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"ran"')]


@pytest.mark.parametrize(
    "names",
    [
        ["00-start-here"],
        pytest.param(["01-sqs-lambda-dlq", "05-s3-events"], marks=pytest.mark.deep),
    ],
)
def test_a_notebook_tries_no_connection_and_opens_no_credentials(home, names):
    notebooks = [NOTEBOOKS / f"{name}.ipynb" for name in names]
    seen = dict(zip(notebooks, run(notebooks, home), strict=True))
    for path in notebooks:
        cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
        nothing = {"ran": len(cells), "errors": [], "tried": [], "opened": []}
        assert seen[path] == nothing, path.stem
    assert not (home.parent / "was-run").exists()


def test_the_watch_sees_what_boto3_does_by_itself(home):
    calls = [
        "import boto3",
        "boto3.client('sts').get_caller_identity()",
        "import socket; socket.socket().connect(('127.0.0.1', 9))",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in calls])
    nbformat.write(notebook, home / "calls.ipynb")
    (seen,) = run([home / "calls.ipynb"], home, AWS_MAX_ATTEMPTS="1")
    assert seen["ran"] == 3
    assert len(seen["errors"]) == 2
    assert {tried.split()[0] for tried in seen["tried"]} == {"socket.getaddrinfo", "socket.connect"}
    assert str(home / ".aws" / "config") in seen["opened"]
