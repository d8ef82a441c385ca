"""Real requests, to a real server on this machine that stands in for AWS."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest

from patternlab.account.web import send
from patternlab.resources.errors import AccountError

API = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com"
SESSION = boto3.Session("AKIANOBODY", "nothing", region_name="us-east-1")


@pytest.fixture(scope="module")
def server():
    """Answers with what it was asked; its address."""

    class Echo(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            authorization = self.headers.get("Authorization", "")
            said = f"{self.command} {self.path} {body.decode()} {authorization}".encode()
            self.send_response(404 if "nothing" in self.path else 200)
            self.send_header("X-Cache", "Miss from cloudfront")
            self.send_header("X-Who", self.headers.get("X-Who", ""))
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = answer

        def log_message(self, *args):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()
    thread.join()


def ask(url, server, method="GET", headers=(), body=None, signed=False):
    return send(SESSION, method, url, dict(headers), body, signed=signed, endpoint=server)


def test_an_answer_is_read_with_its_headers_and_how_long_it_took(server):
    answer = ask(f"{API}/prod/users?type=a%20b", server, headers={"X-Who": "me"})
    assert answer.status == 200 and answer.seconds > 0
    assert answer.text.strip() == "GET /_aws/execute-api/a1b2c3/prod/users?type=a%20b"
    assert answer.headers["x-cache"] == "Miss from cloudfront" and answer.headers["x-who"] == "me"


def test_an_error_status_is_an_answer(server):
    assert ask(f"{API}/nothing", server).status == 404


def test_a_body_is_sent_as_utf_8(server):
    said = ask(f"{API}/prod/users", server, "POST", body="Zoë").text
    assert said.startswith("POST") and "Zoë" in said


def test_a_signature_is_for_execute_api_in_the_region_of_the_address(server):
    said = ask(f"{API}/prod/users", server, signed=True).text
    assert "AWS4-HMAC-SHA256 Credential=AKIANOBODY/" in said
    assert "/eu-west-1/execute-api/aws4_request" in said
    assert "AWS4" not in ask(f"{API}/prod/users", server).text


@pytest.mark.parametrize("url", ["http://example.org/", "ftp://example.org", "users", "https://"])
def test_only_https_is_asked(url):
    with pytest.raises(AccountError, match="https://"):
        ask(url, None)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "https://a1.execute-api.eu-west-1.amazonaws.com.example.org/prod",
        "https://example.org/a1.execute-api.eu-west-1.amazonaws.com",
    ],
)
def test_a_signature_goes_nowhere_but_to_an_api(url):
    with pytest.raises(AccountError, match="execute-api"):
        ask(url, None, signed=True)


def test_a_stand_in_knows_apis_only():
    with pytest.raises(AccountError, match="AWS_ENDPOINT_URL"):
        ask("https://d1.cloudfront.net/", "http://127.0.0.1:9")


def test_no_answer_is_a_sentence():
    with pytest.raises(AccountError, match="No answer from .*run the cell again"):
        ask(f"{API}/prod", "http://127.0.0.1:9")
