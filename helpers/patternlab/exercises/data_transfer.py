"""The exercises of notebook 09: how data gets to AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patternlab.hpc import units
from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer import Site, estimate, phases, status, streamed_rate, worth_compressing
from patternlab.hpc.transfer.sync import night
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, fields, number, refusing
from patternlab.learn.situations import situations

# -- how-they-travel -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """A load at a site, and until when and for how much it must be at AWS."""

    site: Site
    days: float
    usd: float


ORDERS = {
    "80 TB": Order(
        Site(
            "1 Gbps", utilisation=0.4, storage="20 Gbps", drives="40 TB", to_terminal=3, circuit=500
        ),
        days=16,
        usd=3500,
    ),
    "3 PB": Order(
        Site(
            "10 Gbps",
            utilisation=0.5,
            storage="40 Gbps",
            drives="200 TB",
            to_terminal=6,
            circuit=4000,
        ),
        days=60,
        usd=52_000,
    ),
}


def judge_travel(answer: Any) -> str:
    """Any way is right that can be ordered, ends in time at worst, and is within the budget."""
    fields(answer, ORDERS)
    told = []
    for load in ORDERS:
        with refusing(HPCError, about=load):
            told.append(_look_at(load, answer[load]))
    return f"{'; '.join(told)}."


def _look_at(load: str, way: Any) -> str:
    """Refuse a way that cannot be ordered, ends too late, or costs too much; or sum it up."""
    order = ORDERS[load]
    plan = estimate(way, load, order.site)
    if not plan.is_open:
        raise Wrong(f"nobody new can order {way}: {status(way)}.")
    if plan.why_not:
        raise Wrong(plan.why_not)
    if plan.days > order.days:
        lead, moving = plan.lead_days[1], units.time_text(plan.hours)
        if lead > order.days:
            raise Wrong(
                f"{way} may be ready after {lead:g} days only, and {order.days:g} are left."
            )
        before = f" and up to {lead:g} days before" if lead else ""
        raise Wrong(
            f"{way} takes {moving} under way{before}: {plan.days:.1f} days, and {order.days:g} are "
            "left."
        )
    if plan.usd > order.usd:
        raise Wrong(f"{way} is in time, and costs ${plan.usd:,.0f}; ${order.usd:,.0f} are there.")
    return f"{load} by {way} in {plan.days:.1f} days at worst, for ${plan.usd:,.0f}"


def _travel(small: str, large: str) -> dict[str, str]:
    return {"80 TB": small, "3 PB": large}


how_they_travel = Exercise(
    "how-they-travel",
    judge=judge_travel,
    reference=_travel("hosted 10G", "internet"),
    alternatives=[
        _travel("Data Transfer Terminal", "hosted 25G"),
        _travel("hosted 25G", "internet"),
    ],
    misconceptions=[
        (_travel("Snowball Edge", "internet"), "nobody new can order Snowball Edge"),
        (_travel("hosted 10G", "Snowmobile"), "nobody new can order Snowmobile"),
        (_travel("internet", "internet"), "18.5 days, and 16 are left"),
        (
            _travel("Direct Connect 10G", "internet"),
            "Direct Connect 10G may be ready after 63 days only",
        ),
        (_travel("hosted 10G", "Data Transfer Terminal"), "is in time, and costs $54,000"),
        (_travel("hosted 10G", "hosted 10G"), "is in time, and costs $55,067"),
        (_travel("pigeon", "internet"), "There is no way called 'pigeon'"),
    ],
    hints=[
        "compare(load, site) has a row for each way. Look at all three: who can order it, days "
        "in all, and USD.",
        "The 80 TB: the shared line is too slow, and a dedicated port comes too late. What "
        "brings a line within two weeks, or needs none?",
        "The 3 PB: most of the money is DataSync's, by the gigabyte. Two ways end in time with "
        "little on top of it.",
    ],
)

# -- eight-hour-night ----------------------------------------------------------------------------

NEW, OLD = 2e12, 400e12  # bytes that are new each night, and those that are there already
FILES = 90e6
LINE, READS = 8e9, 10e9  # bits a second
WINDOW = 8.0  # hours
MOST_TASKS = 100


def judge_night(answer: Any) -> str:
    """Whatever mode, verification and number of tasks end within the window and find a bad copy."""
    given = fields(answer, ("mode", "verify", "tasks"))
    tasks = given["tasks"]
    refused = f"tasks is a whole number from 1 to {MOST_TASKS}, not {tasks!r}."
    number(tasks, refused, 1, MOST_TASKS, whole=True)
    with refusing(HPCError):
        taken = phases(NEW, FILES, LINE, **given, storage=READS, already=OLD)
    told = (
        f"{taken.prepare:.1f} h to prepare, {taken.transfer:.1f} h to transfer, "
        f"{taken.verify:.1f} h to verify"
    )
    if taken.total > WINDOW:
        raise Wrong(
            f"{told}: {taken.total:.0f} h, and the night has {WINDOW:g}. It reads back what was "
            "there before, every night."
        )
    if given["verify"] == "NONE":
        raise Wrong(f"{told}. It is in time, but a bad copy would go unnoticed.")
    return f"{told}: {taken.total:.1f} h in all."


def _settings(mode: str, verify: str | None, tasks: int) -> dict[str, Any]:
    return {"mode": mode, "verify": verify, "tasks": tasks}


eight_hour_night = Exercise(
    "eight-hour-night",
    judge=judge_night,
    reference=_settings("ENHANCED", "ONLY_FILES_TRANSFERRED", 1),
    alternatives=[
        _settings("BASIC", "ONLY_FILES_TRANSFERRED", 2),
        _settings("BASIC", "ONLY_FILES_TRANSFERRED", 8),
        _settings("ENHANCED", "ONLY_FILES_TRANSFERRED", 3),
    ],
    misconceptions=[
        (_settings("BASIC", "ONLY_FILES_TRANSFERRED", 1), "split them over 2 tasks"),
        (_settings("BASIC", "POINT_IN_TIME_CONSISTENT", 2), "It reads back what was there"),
        (_settings("ENHANCED", "POINT_IN_TIME_CONSISTENT", 1), "An Enhanced task cannot verify"),
        (_settings("ENHANCED", "NONE", 1), "a bad copy would go unnoticed"),
        (_settings("ENHANCED", "ONLY_FILES_TRANSFERRED", 1000), "a whole number from 1 to 100"),
    ],
    hints=[
        "A Basic task takes 50 million files. An Enhanced task takes any number.",
        "phases(2e12, 90e6, 8e9, mode=..., verify=..., tasks=..., storage=10e9, "
        "already=400e12) gives the hours of each phase.",
        "POINT_IN_TIME_CONSISTENT reads all that is there, new or not. NONE reads nothing. "
        "Which one reads what was copied?",
    ],
)

# -- curated-lake --------------------------------------------------------------------------------


def judge_lake(answer: Any) -> str:
    """Run two nights between two places, in which everything happens that can go wrong."""
    fields(answer, ("TaskMode", "Options"))
    if not isinstance(answer["Options"], dict):
        raise Wrong("Options is a dict, such as {'OverwriteMode': 'ALWAYS'}.")
    with refusing(HPCError):
        _two_nights(answer)
        _spoilt_copy(answer)
    return "New files arrive, nothing is lost or overwritten, and a bad copy is found."


def _two_nights(answer: Mapping[str, Any]) -> None:
    site = {"run1": b"raw", "run2": b"raw"}
    lake: dict[str, bytes] = {}
    night(site, lake, **answer)
    lake["run1"] = b"raw, with labels"  # an analyst's work
    del site["run2"]  # the instrument makes room
    site["run3"] = b"raw"
    night(site, lake, **answer)
    if "run3" not in lake:
        raise Wrong("The second night did not copy the new file run3.")
    if "run2" not in lake:
        raise Wrong(
            "run2 was deleted at the instrument, and your task deleted it in the lake, too."
        )
    if lake["run1"] != b"raw, with labels":
        raise Wrong(
            "An analyst had put labels into run1, and your task wrote the raw file over it."
        )


def _spoilt_copy(answer: Mapping[str, Any]) -> None:
    """Refuse a task by which a copy that is spoilt meanwhile goes unnoticed."""
    lake: dict[str, bytes] = {}
    spoilt = night({"run4": b"raw"}, lake, **answer, meanwhile=lambda: lake.update(run4=b"rxw"))
    if not spoilt.faults:
        raise Wrong("A copy was spoilt on its way, and your task ended with SUCCESS.")


def _task(mode: str = "BASIC", **options: str) -> dict[str, Any]:
    return {"TaskMode": mode, "Options": options}


curated_lake = Exercise(
    "curated-lake",
    judge=judge_lake,
    reference=_task("BASIC", OverwriteMode="NEVER"),
    alternatives=[
        _task("ENHANCED", OverwriteMode="NEVER", VerifyMode="ONLY_FILES_TRANSFERRED"),
        _task("BASIC", OverwriteMode="NEVER", TransferMode="ALL"),
        _task("BASIC", OverwriteMode="NEVER", PreserveDeletedFiles="PRESERVE"),
    ],
    misconceptions=[
        (_task("BASIC"), "wrote the raw file over it"),
        (
            _task("BASIC", OverwriteMode="NEVER", PreserveDeletedFiles="REMOVE"),
            "your task deleted it in the lake, too",
        ),
        (_task("BASIC", OverwriteMode="NEVER", VerifyMode="NONE"), "your task ended with SUCCESS"),
        (
            _task("ENHANCED", OverwriteMode="NEVER", VerifyMode="POINT_IN_TIME_CONSISTENT"),
            "An Enhanced task cannot verify",
        ),
        (
            _task("BASIC", TransferMode="ALL", PreserveDeletedFiles="REMOVE"),
            "does not go with TransferMode ALL",
        ),
        (_task("BASIC", OverwriteMode="Never"), "OverwriteMode is one of"),
    ],
    hints=[
        "Three options decide: OverwriteMode, PreserveDeletedFiles and VerifyMode. Which "
        "defaults do already what is wanted?",
        "A file that differs is by default taken for an old copy and written over: "
        "OverwriteMode ALWAYS. The other value is NEVER.",
        "PreserveDeletedFiles is PRESERVE by default, and both modes verify by default. So one "
        "option is enough.",
    ],
)

# -- compress-first ------------------------------------------------------------------------------

#: data -> (line, compressor in original bits a second, ratio, what is right)
STREAMS = {
    "text logs, 1 Gbps": ("1 Gbps", "1 GB/s", 5.0, "compress"),
    "text logs, 25 Gbps": ("25 Gbps", "1 GB/s", 5.0, "send"),
    "JPEG images, 1 Gbps": ("1 Gbps", "500 MB/s", 1.0, "send"),
    "genomes, 2.5 Gbps": ("2.5 Gbps", "1 GB/s", 3.0, "compress"),
    "simulation output, 10 Gbps": ("10 Gbps", "1 GB/s", 1.2, "send"),
}


def _rates(name: str) -> tuple[float, float, float]:
    line, compressor, ratio, _ = STREAMS[name]
    return units.rate(line), units.rate(compressor), ratio


def _best(name: str) -> str:
    return "compress" if worth_compressing(*_rates(name)) else "send"


def _compress_refusal(name: str, given: str) -> str:
    line, compressor, ratio = _rates(name)
    plain = units.rate_text(line)
    packed = units.rate_text(streamed_rate(line, compressor, ratio))
    told = f"{name}: {plain} of data as it is, {packed} compressed."
    if given == "send":
        return f"{told} The line waits, and the compressor keeps up."
    if ratio == 1:
        return f"{told} What is compressed already gets no smaller."
    return f"{told} The compressor takes {units.rate_text(compressor)}: it is the slower part."


compress_first = situations(
    "compress-first",
    {name: right for name, (*_, right) in STREAMS.items()},
    truth=_best,
    choices=("compress", "send"),
    refusal=_compress_refusal,
    praise="Worth it: a line slower than the compressor, and data that does get smaller.",
    slips=[
        ("text logs, 1 Gbps", "send", "1 Gbps of data as it is, 5 Gbps"),
        ("text logs, 25 Gbps", "compress", "25 Gbps of data as it is, 8 Gbps"),
        ("JPEG images, 1 Gbps", "compress", "gets no smaller"),
        ("genomes, 2.5 Gbps", "send", "2.5 Gbps of data as it is, 7.5"),
        ("simulation output, 10 Gbps", "compress", "10 Gbps of data as it is, 8 Gbps"),
        ("text logs, 1 Gbps", "zip", "choose one of compress, send"),
    ],
    hints=[
        "A pipeline is as fast as its slowest part. Put all rates into the same unit first: "
        "1 GB/s are 8 Gbps.",
        "Compressed, a line carries its rate times the ratio, in original data, but no more "
        "than the compressor takes in.",
        "Compare min(compressor, line × ratio) with the line alone.",
    ],
)
