"""The exercises of notebook 03: SNS, Lambda and two kinds of retry."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from patternlab.clock import VirtualClock
from patternlab.delivery.faults import Outages
from patternlab.delivery.functions.async_config import AsyncConfig
from patternlab.delivery.functions.async_invoke import AsyncEvent, AsyncQueue, FunctionReceiver
from patternlab.delivery.functions.function import Function, PlainRuntime
from patternlab.delivery.receivers import QueueReceiver
from patternlab.delivery.sns.topic import Topic
from patternlab.delivery.sqs.standard import StandardQueue
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, fields, number, on_seeds
from patternlab.learn.situations import situations

SEEDS = (1, 2, 3)

# -- who-retries ---------------------------------------------------------------------------------

SNS, LAMBDA, NOBODY = "SNS", "Lambda", "nobody"


def _who_retries(fails: bool = False, outage: str | None = None, throttled: bool = False) -> str:
    """Publish one message in that situation, let an hour pass, and look who tried again."""
    clock, runs = VirtualClock(), []

    def handler(event: Any, context: Any) -> None:
        runs.append(clock.elapsed)
        if fails:
            raise ValueError("bad message")

    faults = Outages(clock)
    topic = Topic(clock, faults=faults)
    function = Function(clock, "notify", PlainRuntime(handler))
    topic.subscribe(FunctionReceiver(AsyncQueue(function, rng=random.Random(0))))
    if outage:
        faults.outage(function.arn, minutes=10, kind=outage)
    function.account.concurrency = 0 if throttled else 1000
    topic.publish("order")
    clock.wait(600)
    function.account.concurrency = 1000
    clock.wait(3000)
    if len(topic.deliveries) > 1:
        return SNS
    again = [moment for moment in runs if moment > 30]
    return LAMBDA if again else NOBODY


#: situation -> who tries again, and a run of the model that tells it
CASES: dict[str, tuple[str, Callable[[], str]]] = {
    "the function raises an error": (LAMBDA, partial(_who_retries, fails=True)),
    "Lambda does not answer SNS for ten minutes": (SNS, partial(_who_retries, outage="server")),
    "the topic may not invoke the function": (NOBODY, partial(_who_retries, outage="client")),
    "the function has no concurrency left": (LAMBDA, partial(_who_retries, throttled=True)),
}


def _not_them(case: str, said: str) -> str:
    return f"When {case}, it is not {said} that tries again. {_why(case, said)}"


def _why(case: str, said: str) -> str:
    if case == "the function raises an error":
        if said == SNS:
            return "SNS was told 202, accepted, long before the function ran."
        return "Look at the log of section 2 again: there were three attempts."
    if case == "Lambda does not answer SNS for ten minutes":
        return "Lambda has not got the event yet. Who has it?"
    if case == "the topic may not invoke the function":
        return "That is a client-side error: another try would be refused in the same way."
    return "The event has been accepted and waits in a queue. Whose queue is that?"


who_retries = situations(
    "who-retries",
    {case: who for case, (who, _) in CASES.items()},
    truth=lambda case: CASES[case][1](),
    choices=(SNS, LAMBDA, NOBODY),
    refusal=_not_them,
    praise="SNS retries deliveries that may yet work; Lambda retries executions.",
    slips=[
        ("the function raises an error", SNS, "SNS was told 202"),
        ("Lambda does not answer SNS for ten minutes", LAMBDA, "Who has it?"),
        ("the topic may not invoke the function", SNS, "client-side error"),
        ("the function has no concurrency left", SNS, "Whose queue is that?"),
    ],
    hints=[
        "SNS is done as soon as Lambda has accepted the event.",
        "A server-side error may be over soon, a client-side error will not.",
        "An event that was accepted is Lambda's, whether the function fails or is throttled.",
    ],
)

# -- how-many-attempts ---------------------------------------------------------------------------


def _attempts(max_retries: int, max_age: float, seed: int = 0) -> int:
    """How often a function that always fails is run for one event."""
    clock = VirtualClock()

    def handler(event: Any, context: Any) -> None:
        raise ValueError("always")

    function = Function(clock, "f", PlainRuntime(handler))
    config = AsyncConfig(max_retries, max_age)
    event = AsyncQueue(function, config, rng=random.Random(seed)).put({})
    clock.wait(7200)
    return event.attempts


def judge_attempts(answer: Any) -> str:
    """Compare three numbers with runs of the model on several seeds."""
    if not isinstance(answer, list | tuple) or len(answer) != 3:
        raise Wrong("Give a list of three numbers, for example [1, 1, 1].")
    cases = [(2, 21_600.0), (0, 21_600.0), (2, 90.0)]
    truth = [{_attempts(*case, seed=seed) for seed in SEEDS} for case in cases]
    verdicts = [said in is_so for said, is_so in zip(answer, truth, strict=True)]
    if all(verdicts):
        return "Two retries are three attempts, and an attempt that would be too late is none."
    if not verdicts[0]:
        raise Wrong(
            "Retries come on top of the first attempt. How many attempts are that by default?"
        )
    if not verdicts[1]:
        raise Wrong("Without any retries the function still runs, for the first time.")
    raise Wrong(
        "After 90 s the event is too old. The first retry comes after about 60 s. When would the "
        "second one come, and does Lambda wait for it?"
    )


how_many_attempts = Exercise(
    "how-many-attempts",
    judge=judge_attempts,
    reference=[3, 1, 2],
    alternatives=[(3, 1, 2)],
    misconceptions=[
        ([2, 1, 2], "How many attempts are that by default?"),
        ([3, 0, 2], "still runs, for the first time"),
        ([3, 1, 3], "does Lambda wait for it?"),
    ],
    hints=[
        "The first run is an attempt too.",
        "In the third case look at the clock: attempts come at about 0, 60 and 180 s.",
    ],
)

# -- nothing-lost-nothing-late -------------------------------------------------------------------

LATEST = 300.0  # seconds after which a price must not be applied any more
DONE_AT_LEAST = 0.85  # of the prices
SETTINGS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "OnFailure")


def _prices(retries: int, age: float, net: bool, seed: int) -> tuple[pd.DataFrame, int]:
    """Sixty price changes, with a flaky database and ten minutes in which nothing can run.

    Returns one row an event (fate, seconds from the call to the last attempt), and how many
    events the net has caught.
    """
    clock, rng = VirtualClock(), random.Random(seed)
    faults = Outages(clock, rng)

    def handler(event: Any, context: Any) -> None:
        if rng.random() < 0.3:
            raise TimeoutError("the database did not answer")

    function = Function(clock, "prices", PlainRuntime(handler), rng=rng, faults=faults)
    caught = StandardQueue(clock, "caught", rng=rng)
    receiver = QueueReceiver(caught) if net else None
    queue = AsyncQueue(function, AsyncConfig(retries, age, on_failure=receiver), rng=rng)
    faults.outage(function.arn, minutes=10, starts_in=1200)
    events: list[AsyncEvent] = []
    for price in range(60):
        events.append(queue.put({"price": price}))
        clock.wait(60)
    clock.wait(30_000)
    rows = [(e.condition, (e.ended or clock.elapsed) - e.sent) for e in events]
    return pd.DataFrame(rows, columns=["fate", "seconds"]), len(caught)


def judge_prices(answer: Any) -> str:
    """Run seeded hours with the settings; look for lost, late and unnecessarily failed prices."""
    retries, age, net = (fields(answer, SETTINGS)[name] for name in SETTINGS)
    if not isinstance(net, bool):
        raise Wrong("OnFailure is True with a destination for failures, and False without one.")
    refused = "AWS takes 0 to 2 retries and an event age of 60 to 21,600 seconds."
    number(retries, refused, 0, 2, whole=True)
    number(age, refused, 60, 21_600)

    def judge_hours(seed: int) -> None:
        fates, caught = _prices(retries, age, net, seed)
        done = fates[fates["fate"] == "Success"]
        if lost := len(fates) - len(done) - caught:
            raise Wrong(f"{lost} price changes are gone without a trace.")
        if (latest := done["seconds"].max()) > LATEST:
            raise Wrong(f"A price was applied {latest:.0f} s after it was set.")
        if len(done) < DONE_AT_LEAST * len(fates) - 10:
            raise Wrong(
                f"Only {len(done)} of {len(fates)} prices were applied. Most of the others would "
                "have worked at another attempt."
            )

    on_seeds(SEEDS, judge_hours)
    return "Nothing was lost, nothing came late, and the retries did their work."


def _settings(retries: int = 2, age: int = 300, net: bool = True) -> dict[str, Any]:
    return dict(zip(SETTINGS, (retries, age, net), strict=True))


nothing_lost_nothing_late = Exercise(
    "nothing-lost-nothing-late",
    judge=judge_prices,
    reference=_settings(),
    alternatives=[_settings(age=240)],
    misconceptions=[
        (_settings(net=False), "gone without a trace"),
        (_settings(age=21_600), "after it was set"),
        (_settings(retries=0), "would have worked at another attempt"),
    ],
    hints=[
        "What happens to an event that is given up, when nobody is told?",
        "Throttled or unreachable, an event waits as long as its age allows. How long is that?",
        "The retries need about 60 and 180 s. An age of 300 s has room for both.",
    ],
)
