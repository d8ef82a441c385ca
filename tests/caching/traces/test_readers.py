"""Traces from files: what each format says is read, and what is wrong is named with its line."""

import gzip
import json
import lzma
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from patternlab.caching.errors import TraceError
from patternlab.caching.traces.apigateway_log import read_apigateway
from patternlab.caching.traces.cloudfront_log import FIELDS, HEADER, read_cloudfront
from patternlab.caching.traces.readers import read_trace, trace_of

#: Two real traces, where somebody has put them beside the repository; see their README.
TRACES = Path(__file__).resolve().parents[3].parent / "shared" / "traces"


def edge_line(**given) -> str:
    """A line of a CloudFront log; the names have _ for what no Python name may hold."""
    row = dict.fromkeys(FIELDS, "-")
    row |= {"date": "2026-11-22", "time": "08:15:30", "cs-method": "GET", "sc-bytes": "500"}
    row |= {"cs-uri-stem": "/a.html", "sc-status": "200", "time-taken": "0.013"}
    row |= {name.replace("_", "-"): str(value) for name, value in given.items()}
    return "\t".join(row.values()) + "\n"


def gateway_line(**given) -> str:
    row = {
        "requestId": "r-1",
        "ip": "192.0.2.7",
        "requestTime": "22/Nov/2026:08:15:30 +0000",
        "httpMethod": "GET",
        "resourcePath": "/users/{id}",
        "path": "/prod/users/7",
        "status": "200",
        "responseLength": "84",
    }
    return json.dumps({**row, **given}) + "\n"


CLF_LINE = (
    "192.0.2.7 - - [22/Nov/2026:08:15:30 +0100]"
    '"GET /prod/users/7 HTTP/1.1" 200 84 c6af9ac6-7b61-11e6-9a41-93e8deadbeef\n'
)


@pytest.fixture
def save(tmp_path):
    def save(text: str | bytes, name: str = "file.log") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return save


# CloudFront


def test_a_standard_log_has_33_fields_of_the_right_types(save):
    line = edge_line(sc_content_len=480, x_edge_result_type="Hit", time_to_first_byte="0.001")

    log = read_cloudfront(save(HEADER + line))

    assert len(FIELDS) == 33
    row = log.loc[3]  # the index is the line of the file
    assert row["timestamp"] == datetime(2026, 11, 22, 8, 15, 30, tzinfo=UTC)
    assert (row["sc-bytes"], row["sc-status"], row["sc-content-len"]) == (500, 200, 480)
    assert (row["time-taken"], row["time-to-first-byte"]) == (0.013, 0.001)
    assert row["x-edge-result-type"] == "Hit"
    assert log["sc-range-start"].isna().all() and str(log["sc-range-start"].dtype) == "Int64"


def test_the_header_decides_the_columns(save):
    text = "#Version: 1.0\n#Fields: time date cs-uri-stem\n08:15:30\t2026-11-22\t/a\n"

    log = read_cloudfront(save(text))

    assert list(log.columns) == ["timestamp", "time", "date", "cs-uri-stem"]
    assert log["timestamp"].iloc[0].hour == 8


def test_quotes_hashes_and_the_word_nan_are_plain_text(save):
    line = edge_line(cs_uri_stem='"open', cs_uri_query="#nan", sc_content_type="NA")

    log = read_cloudfront(save(HEADER + line + line))

    assert log["cs-uri-stem"].tolist() == ['"open'] * 2
    assert log["cs-uri-query"].iloc[0] == "#nan" and log["sc-content-type"].iloc[0] == "NA"


def test_a_log_is_read_packed_and_with_windows_line_ends(save):
    text = (HEADER + edge_line()).replace("\n", "\r\n").encode()

    plain = read_cloudfront(save(text))
    packed = read_cloudfront(save(gzip.compress(text), "log.gz"))

    assert plain.equals(packed) and plain["cs-uri-stem"].iloc[0] == "/a.html"


def test_logs_joined_into_one_file_keep_their_line_numbers(save):
    log = read_cloudfront(save(HEADER + edge_line() + "\n" + HEADER + edge_line()))

    assert log.index.tolist() == [3, 7]


def test_a_trace_of_a_standard_log_is_sorted_and_has_each_objects_full_size(save):
    text = HEADER + (
        edge_line(time="08:15:40", cs_uri_stem="/b", sc_bytes=100)
        + edge_line(time="08:15:30", cs_uri_stem="/a", cs_method="HEAD", sc_bytes=30)
        + edge_line(time="08:15:50", cs_uri_stem="/a", sc_bytes=900)
        + edge_line(time="08:15:55", cs_uri_stem="/a", cs_method="POST", sc_bytes=30)
    )

    trace = read_trace(save(text))

    assert trace.time.tolist() == [0, 10, 20]
    assert [trace.names[key] for key in trace.key] == ["/a", "/b", "/a"]
    assert trace.size.tolist() == [900, 100, 900]
    assert trace.start == datetime(2026, 11, 22, 8, 15, 30, tzinfo=UTC)


def test_the_cache_key_is_the_path_unless_other_columns_are_chosen(save):
    text = HEADER + edge_line(cs_uri_query="id=1") + edge_line(cs_uri_query="id=2") + edge_line()
    log = read_cloudfront(save(text))

    assert trace_of(log).objects == 1  # CachingOptimized ignores query strings (caching-9)
    with_query = trace_of(log, key=["cs-uri-stem", "cs-uri-query"])
    assert list(with_query.names) == ["/a.html?id=1", "/a.html?id=2", "/a.html?"]


@pytest.mark.parametrize(
    "text, named",
    [
        (HEADER + edge_line() + edge_line()[:60], "line 4: .* 33"),
        (HEADER + edge_line() + "oops\n" + edge_line(), "line 4: .* 1 .* 33"),
        (HEADER + edge_line() + edge_line(sc_bytes="many"), "line 4: sc-bytes .* 'many'"),
        (HEADER + edge_line(sc_bytes=-5), "line 3: sc-bytes .* '-5'"),
        (HEADER + edge_line(sc_bytes=1.5), "line 3: sc-bytes .* '1.5'"),
        (HEADER + edge_line(time_taken="nan"), "line 3: time-taken .* 'nan'"),
        (HEADER + "\n" + edge_line(time="25:00:00"), "line 4: .* '25:00:00'"),
        (HEADER, "line 2: "),
        ("#Version: 1.0\n" + edge_line(), "line 2: .*#Fields:"),
        ("#Version: 1.0\n#Fields: time c-ip\n1\t2\n", "line 2: #Fields: .* date"),
        ("#Version: 1.0\n#Fields: date time time\n1\t2\t3\n", "line 2: #Fields: "),
        (HEADER + edge_line() + "#Fields: date time\n", "line 4: #Fields: .* line 2"),
        ("", "/"),  # the path of the file
        ("#Version: 1.0\n#Fields: date time\n2026-11-22\t08:15:30\n", "cs-uri-stem"),
    ],
)
def test_a_wrong_standard_log_is_refused_with_its_line(save, text, named):
    with pytest.raises(TraceError, match=named):
        read_trace(save(text), "cloudfront")


def test_a_log_without_cacheable_requests_says_so(save):
    with pytest.raises(TraceError, match="GET or HEAD"):
        read_trace(save(HEADER + edge_line(cs_method="POST")))


def test_a_trace_needs_the_columns_of_a_trace(save):
    text = "#Version: 1.0\n#Fields: date time cs-uri-stem\n2026-11-22\t08:15:30\t/a\n"

    with pytest.raises(TraceError, match="cs-method"):
        read_trace(save(text))


# API Gateway


def test_json_lines_become_a_table_with_times_and_numbers(save):
    log = read_apigateway(save(gateway_line() + "\n" + gateway_line(responseLength="-")))

    assert log.index.tolist() == [1, 3]
    assert log["timestamp"].iloc[0] == datetime(2026, 11, 22, 8, 15, 30, tzinfo=UTC)
    assert log["responseLength"].tolist()[0] == 84 and log["responseLength"].isna().iloc[1]
    assert log["status"].tolist() == [200, 200]


def test_the_epoch_in_milliseconds_is_preferred_where_both_times_are_logged(save):
    log = read_apigateway(save(gateway_line(requestTimeEpoch=1_795_335_330_123)))

    assert log["timestamp"].iloc[0].timestamp() == 1_795_335_330.123


def test_common_log_format_as_api_gateway_and_as_others_write_it(save):
    usual = CLF_LINE.replace(']"', '] "').replace(" c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "")

    log = read_apigateway(save(CLF_LINE + usual))

    assert log["path"].tolist() == ["/prod/users/7"] * 2
    assert log["timestamp"].iloc[0] == datetime(2026, 11, 22, 7, 15, 30, tzinfo=UTC)
    assert log["status"].tolist() == [200, 200] and log["responseLength"].tolist() == [84, 84]


def test_the_path_is_taken_and_not_the_route(save):
    text = gateway_line(path="/users/7") + gateway_line(path="/users/8")
    only_routes = text.replace('"path"', '"other"')

    assert read_trace(save(text)).objects == 2
    assert list(read_trace(save(only_routes)).names) == ["/users/{id}"]


def test_api_gateway_caches_only_get_unless_told(save):
    log = read_apigateway(save(gateway_line() + gateway_line(httpMethod="POST")))

    assert len(trace_of(log)) == 1
    assert len(trace_of(log, methods=("GET", "POST"))) == 2


def test_a_field_called_timestamp_does_no_harm(save):
    assert len(read_trace(save(gateway_line(timestamp="yesterday")))) == 1


@pytest.mark.parametrize(
    "text, named",
    [
        (gateway_line() + gateway_line()[:50], "line 2: .*JSON"),
        (gateway_line() + "[1]\n", "line 2: .*JSON"),
        (gateway_line() + CLF_LINE, "line 2: .*JSON"),
        (CLF_LINE + CLF_LINE[:60], "line 2: .*Common Log Format"),
        (CLF_LINE + gateway_line(), "line 2: .*Common Log Format"),
        (gateway_line(requestTime="noon"), "line 1: .*requestTime 'noon'"),
        (gateway_line() + gateway_line(requestTime="-"), "line 2: .*requestTime"),
        (gateway_line(requestTimeEpoch=-5), "line 1: requestTimeEpoch .* '-5'"),
        (gateway_line() + gateway_line(path="-"), "line 2: .*path"),
        (gateway_line().replace("httpMethod", "verb"), r"line 1: .*\$context.httpMethod"),
        (gateway_line(status="OK"), "line 1: status .* 'OK'"),
        ("\n\n", "line 1: "),
    ],
)
def test_a_wrong_access_log_is_refused_with_its_line(save, text, named):
    with pytest.raises(TraceError, match=named):
        read_trace(save(text), "apigateway")


# CSV


def test_a_csv_has_times_keys_and_sizes_in_any_order_of_columns(save):
    trace = read_trace(save('size,Time,key\n10,0,/a\n\n20,1.5,"/b,c"\n10,1.5,/a\n'))

    assert trace.time.tolist() == [0, 1.5, 1.5]
    assert list(trace.names) == ["/a", "/b,c"]
    assert trace.key.tolist() == [0, 1, 0] and trace.size.tolist() == [10, 20, 10]


def test_a_csv_needs_no_sizes_and_may_come_from_a_spreadsheet(save):
    trace = read_trace(save("\ufefftime,key\r\n0,7\r\n1,8\r\n"))

    assert list(trace.names) == ["7", "8"] and trace.size.tolist() == [1, 1]


@pytest.mark.parametrize(
    "text, named",
    [
        ("time,key\n0,a\n1\n", "line 3: .* 1 .* 2"),
        ("time,key\n0,a,9\n", "line 2: .* 3 .* 2"),
        ("time,key\n0,a\n\nnan,b\n", "line 4: .* nan"),
        ("time,key\n-1,a\n", "line 2: .* -1"),
        ("time,key\n5,a\n6,a\n4,b\n", r"line 4: .* 4.* \(6\)"),
        ('time,key\n0,"a\nb"\n-1,c\n', "line 4: .* -1"),
        ('time,key\n0,"a\nb",c\n', "line 2: .* 3"),
        ('time,key\n0,a\n1,"b\n2,c\n', "line 3: .*CSV"),
        ("time,key\nnoon,a\n", "line 2: time .* 'noon'"),
        ("time,key,size\n0,a,1.5\n", "line 2: size .* '1.5'"),
        ("time,key,size\n0,a,-1\n", "line 2: size .* '-1'"),
        ("time,object\n0,a\n", "line 1: .* 'time,object'"),
        ("time,key\n", "line 1: "),
        ("\ufeff", "line 1: .* ''"),
    ],
)
def test_a_wrong_csv_is_refused_with_its_line(save, text, named):
    with pytest.raises(TraceError, match=named):
        read_trace(save(text), "csv")


# Bare keys, and any file at all


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_bare_keys_are_big_endian_and_come_one_a_second(save, pack):
    keys = np.array([7, 0, 7, 2**32 - 1], dtype=">u4").tobytes()

    trace = read_trace(save(pack(keys), "some.trace.packed"))

    assert list(trace.names) == ["7", "0", "4294967295"]
    assert trace.key.tolist() == [0, 1, 0, 2] and trace.time.tolist() == [0, 1, 2, 3]


def test_bare_keys_cut_off_within_a_key_are_refused(save):
    with pytest.raises(TraceError, match=" 7 bytes"):
        read_trace(save(b"\0\0\0\1\0\0\0"), "cache2k")


@pytest.mark.skipif(not TRACES.is_dir(), reason="the two traces are not beside the repository")
@pytest.mark.parametrize(
    "name, requests, objects", [("web07", 76_118, 20_484), ("web12", 95_607, 13_756)]
)
def test_the_cache2k_traces_have_as_many_requests_and_objects_as_their_readme_says(
    name, requests, objects
):
    trace = read_trace(TRACES / f"cache2k_{name}.trace.xz")

    assert (len(trace), trace.objects) == (requests, objects)


def test_an_unknown_file_is_told_what_could_be_read(save):
    with pytest.raises(TraceError, match="line 1: .* 'Dear diary'"):
        read_trace(save("Dear diary\n"))


def test_binary_junk_is_named_with_its_byte_and_line(save):
    with pytest.raises(TraceError, match="line 3: .* 0x00"):
        read_trace(save(b"time,key\n0,a\n1,\x00\n"))
    with pytest.raises(TraceError, match="line 2: .* 0xff"):
        read_trace(save(b"time,key\n\xff,a\n"))
    with pytest.raises(TraceError, match="line 1: .* 0x89"):
        read_trace(save(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"))


def test_a_packed_file_that_is_cut_off_or_damaged_is_refused(save):
    packed = gzip.compress((HEADER + edge_line() * 50).encode())

    cut = lzma.compress(b"\0" * 400)[:-30]
    for file in (
        save(packed[:-20], "cut.gz"),
        save(packed[:40] + b"zzzz" + packed[44:], "bad.gz"),
        save(cut, "cut.trace.xz"),
    ):
        with pytest.raises(TraceError, match=file.name):
            read_trace(file)


def test_a_missing_file_a_folder_and_an_unknown_kind_are_sentences(tmp_path, save):
    with pytest.raises(TraceError, match="none.log"):
        read_trace(tmp_path / "none.log")
    with pytest.raises(TraceError, match=tmp_path.name):
        read_trace(tmp_path)
    with pytest.raises(TraceError, match="'xml'"):
        read_trace(save("time,key\n0,a\n"), "xml")


def test_a_long_file_is_recognised_by_its_head_even_if_that_ends_within_a_character(save):
    text = "time,key\n" + "".join(f"{at},/ü{at % 9}\n" for at in range(9000))

    for shift in range(3):
        assert len(read_trace(save(text.replace("/", "/" + "x" * shift)))) == 9000
