"""What a web server answers."""

import pytest

from patternlab.web import Answer


def test_an_answer_is_read_as_bytes_text_or_json():
    answer = Answer(200, {"Content-Type": "application/json"}, '{"name": "Zoë"}'.encode(), 0.25)
    assert answer.body.startswith(b"{") and answer.text == '{"name": "Zoë"}'
    assert answer.json() == {"name": "Zoë"} and answer.seconds == 0.25
    assert repr(answer) == "<Answer 200, 16 bytes in 0.250 s>"


def test_capitals_in_the_name_of_a_header_do_not_matter():
    answer = Answer(200, {"X-Cache": "Hit from cloudfront"}, b"", 0)
    assert answer.headers["x-cache"] == answer.headers["X-CACHE"] == "Hit from cloudfront"
    assert "Age" not in answer.headers and answer.headers.get("Age") is None


def test_what_is_no_json_is_a_sentence():
    with pytest.raises(ValueError, match="<html>"):
        Answer(200, {}, b"<html>", 0).json()


def test_bytes_that_are_no_text_are_no_error():
    assert Answer(200, {}, b"a\xff", 0).text == "a\N{REPLACEMENT CHARACTER}"
