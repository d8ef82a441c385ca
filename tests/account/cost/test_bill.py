"""From what a notebook asks for to what AWS bills: by hand, and never less for more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.account.calls import CLOUD, FUNCTION, NOTEBOOK, Row, read
from patternlab.account.cost.bill import Usage, forgotten, request_price, run
from patternlab.resources.prices import UnknownPrice, prices

QUANTITIES = [
    ("cloud", "seconds"),
    ("lambda", "invocations"),
    ("lambda", "gb-seconds"),
    ("logs", "bytes"),
    ("sns", "deliveries"),
    ("sqs", "poll-mappings"),
    ("sqs", "mapping-seconds"),
    ("apigateway", "cache-0.5GB"),
    ("ec2", "c5n.9xlarge-seconds"),
    ("apigateway", "request-rest"),
    ("cloudfront", "request-https"),
]
REQUESTS = [
    ("sqs", "SendMessage"),
    ("sqs", "GetQueueAttributes"),
    ("sns", "Publish"),
    ("s3", "PutObject"),
    ("s3", "ListObjectsV2"),
    ("s3", "GetObject"),
    ("s3", "DeleteObject"),
    ("events", "PutRule"),
    ("events", "PutEvents"),
    ("lambda", "CreateFunction"),
    ("cloudfront", "CreateInvalidation"),
]


def asked(service, operation, calls, by=NOTEBOOK):
    return Row("n", service, operation, calls, by)


def used(service, quantity, amount):
    return Row("n", service, quantity, amount, CLOUD)


def total(lines):
    return sum(line.usd for line in lines)


# -- by hand ---------------------------------------------------------------------------------


def test_a_thousand_messages_sent():
    # 1,000 requests, counted twice for what is not in the counts, at 0.50 USD a million
    lines = run(Usage([asked("sqs", "SendMessage", 1000)]))
    assert total(lines) == pytest.approx(2 * 1000 * 0.50 / 1e6)


def test_a_hundred_invocations_of_a_quarter_of_a_second():
    # 100 x 0.25 s x 0.125 GB were measured; each gets 1 s at 0.125 GB for a cold start
    # requests      100 x 0.20 / 1e6                 = 0.00002
    # run time      (3.125 + 12.5) x 0.0000166667    = 0.000260417
    # SQS           2 x 100 x 0.50 / 1e6             = 0.0001       (receive and delete)
    rows = [used("lambda", "invocations", 100), used("lambda", "gb-seconds", 3.125)]
    assert total(run(Usage(rows))) == pytest.approx(0.00002 + 0.000260417 + 0.0001, rel=1e-6)


def test_a_gigabyte_of_logs():
    rows = [used("logs", "bytes", 1e9)]
    assert total(run(Usage(rows))) == pytest.approx(0.50)
    assert total(forgotten(Usage(rows))) == pytest.approx(0.03 / 730)


def test_waiting_an_hour_asks_at_most_3600_times():
    # 3,600 s, one question a second, at the price of the one thing this notebook reads
    rows = [asked("sqs", "GetQueueAttributes", 0), used("cloud", "seconds", 3600)]
    assert total(run(Usage(rows))) == pytest.approx(3600 * 0.50 / 1e6)


def test_of_what_a_notebook_reads_the_dearest_is_asked_while_it_waits():
    # LIST of S3, 0.005 USD a thousand, is ten times a request to SQS
    rows = [asked("sqs", "ReceiveMessage", 0), asked("s3", "ListObjectsV2", 0)]
    rows.append(used("cloud", "seconds", 100))
    assert total(run(Usage(rows))) == pytest.approx(100 * 0.005 / 1000)


def test_waiting_without_asking_is_free():
    rows = [asked("lambda", "GetFunction", 1), used("cloud", "seconds", 3600)]
    assert run(Usage(rows)) == []


def test_a_mapping_that_was_forgotten():
    # polls   5 x 3600 / 20 = 900 an hour at 0.50 / 1e6                       = 0.00045
    # one message that fails every 30 s, 120 an hour:
    #   120 x 0.20 / 1e6                                                      = 0.000024
    #   120 x 1 s x 0.125 GB x 0.0000166667                                   = 0.00025
    #   120 x 2,000 bytes at 0.50 a GB                                        = 0.00012
    lines = forgotten(Usage([used("sqs", "poll-mappings", 1)]))
    assert total(lines) == pytest.approx(0.00045 + 0.000024 + 0.00025 + 0.00012, rel=1e-5)


def test_a_mapping_polls_during_the_run_too():
    lines = run(Usage([used("sqs", "mapping-seconds", 7200)]))
    assert [line.units for line in lines] == [pytest.approx(1800)]


def test_a_delivery_is_billed_as_one_over_http_with_its_status_log():
    # 1,000 at 0.60 a million, and 2,000 bytes of log each at 0.50 a GB
    lines = run(Usage([used("sns", "deliveries", 1000)]))
    assert total(lines) == pytest.approx(0.0006 + 0.001)


def test_objects_are_written_told_of_and_kept():
    # run: 2 x 10 PUT at 0.005 / 1000, 10 notifications at 0.50 / 1e6
    # kept: 10 x 100,000 bytes at 0.023 a GB-month of 730 hours
    usage = Usage([asked("s3", "PutObject", 8), asked("s3", "PutObject", 2, FUNCTION)])
    assert total(run(usage)) == pytest.approx(0.0001 + 0.000005)
    assert total(forgotten(usage)) == pytest.approx(0.001 * 0.023 / 730)


def test_events_of_objects_cost_where_the_notebook_has_rules():
    objects = [asked("s3", "PutObject", 10)]
    more = total(run(Usage([*objects, asked("events", "PutRule", 1)]))) - total(run(Usage(objects)))
    assert more == pytest.approx(10 / 1e6)


def test_each_put_events_is_taken_to_be_full():
    # 2 x 3 requests of 10 entries at 1.00 USD a million events
    lines = run(Usage([asked("events", "PutEvents", 3)]))
    assert total(lines) == pytest.approx(2 * 3 * 10 / 1e6)


def test_a_cache_is_billed_for_the_time_of_the_run_and_by_the_hour_after_it():
    usage = Usage([used("apigateway", "cache-0.5GB", 1), used("cloud", "seconds", 1800)])
    assert total(run(usage)) == pytest.approx(0.01)
    assert total(forgotten(usage)) == pytest.approx(0.02)


def test_a_request_to_an_api_is_billed_once_however_it_was_signed():
    # 1,000,000 at 3.50 USD; that 1,000 of them were signed is another permission, no other price
    rows = [used("apigateway", "request-rest", 1e6), asked("execute-api", "Invoke", 1000)]
    assert total(run(Usage(rows))) == pytest.approx(3.50)


def test_an_amount_named_like_a_price_is_billed_at_it():
    lines = run(Usage([used("cloudfront", "request-https", 20_000)]))
    assert total(lines) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("operation", "item"),
    [
        ("PutObject", "put"),
        ("ListObjectsV2", "put"),
        ("DeleteObjects", "put"),
        ("GetObject", "get"),
        ("HeadObject", "get"),
    ],
)
def test_s3_bills_two_classes_of_requests(operation, item):
    assert request_price("s3", operation).item == item


def test_s3_deletes_for_nothing():
    assert request_price("s3", "DeleteObject") is None
    assert request_price("s3", "DeleteBucket") is None


def test_an_unknown_service_is_one_sentence():
    with pytest.raises(UnknownPrice, match="RunJobFlow of emr"):
        request_price("emr", "RunJobFlow")


# -- what the notebooks do -------------------------------------------------------------------


def test_all_that_the_notebooks_ask_for_has_a_price_or_is_free():
    for row in read():
        if row.by != CLOUD:
            request_price(row.service, row.operation)


def test_every_quantity_of_the_counts_is_in_the_bill():
    known = {*QUANTITIES, *prices()}
    assert {(row.service, row.operation) for row in read() if row.by == CLOUD} <= known


# -- for all ---------------------------------------------------------------------------------

amounts = st.floats(0, 1e6)
usages = st.fixed_dictionaries(dict.fromkeys([*QUANTITIES, *REQUESTS], amounts))


def rows_of(amounts):
    make = {**dict.fromkeys(QUANTITIES, used), **dict.fromkeys(REQUESTS, asked)}
    return [make[key](*key, amount) for key, amount in amounts.items()]


@given(usages, st.sampled_from([*QUANTITIES, *REQUESTS]), amounts)
def test_more_of_anything_never_costs_less(usage, key, more):
    less = Usage(rows_of(usage))
    greater = Usage(rows_of({**usage, key: usage[key] + more}))
    for bill_of in (run, forgotten):
        assert total(bill_of(greater)) >= total(bill_of(less)) * (1 - 1e-9)


@pytest.mark.parametrize(
    "key", [key for key in QUANTITIES if key != ("cloud", "seconds")], ids=lambda key: key[1]
)
def test_every_quantity_costs_something_in_the_run_or_after_it(key):
    usage = Usage([used(*key, 1000), used("cloud", "seconds", 60)])
    assert total(run(usage)) + total(forgotten(usage)) > 0
