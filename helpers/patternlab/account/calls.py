"""What the notebooks ask AWS for: ``data/notebook_calls.csv``, and what the course asks besides.

One row a notebook, service and operation. `by` says on whose behalf:

* ``notebook``: a request of the learner's cells, or of ``cloud`` for them, with the learner's
  credentials; `operation` is the API's name and `calls` a count;
* ``function``: a request of a handler, with its role's credentials;
* ``cloud``: no request of boto3's. `operation` is a quantity and `calls` its amount:

  ==========  ===============  ====================================================================
  service     operation        amount
  ==========  ===============  ====================================================================
  cloud       seconds          how much time passed on the cloud's clock; 0 is the one row of a
                               notebook that opens no cloud where there is an account
  apigateway  request-rest     requests to the addresses of APIs, hits of a cache included
  apigateway  cache-0.5GB ...  caches of stages, of each size: at most at the same time
  ec2         TYPE-seconds     how long instances of that type may run, summed: until their timers
                               end them, also where the notebook does so before
  lambda      invocations      with a REPORT line in CloudWatch Logs
  lambda      gb-seconds       billed duration times memory, from the same lines
  logs        bytes            of all log events, with the 26 that CloudWatch Logs adds to each
  sns         deliveries       attempts to deliver, without those that a filter policy kept back
  sqs         poll-mappings    event source mappings that polled, at most at the same time
  sqs         mapping-seconds  the same, summed over the clock's time
  ==========  ===============  ====================================================================

Requests to an API with a signature are rows of ``notebook`` too: service ``execute-api``, operation
``Invoke``, and ``InvalidateCache`` where they ask for a new answer.

The file is written by ``python -m patternlab policies``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from io import StringIO
from pathlib import Path

from patternlab.paths import DATA

FILE = DATA / "notebook_calls.csv"
NOTEBOOK, FUNCTION, CLOUD = "notebook", "function", "cloud"  # Row.by
LOG_EVENT_OVERHEAD = 26  # bytes an event; Amazon CloudWatch Logs User Guide, "PutLogEvents"


@dataclass(frozen=True)
class Row:
    """One row of the file; `calls` is whole unless it is an amount of seconds or GB-seconds."""

    notebook: str
    service: str
    operation: str
    calls: float
    by: str


def read(path: Path = FILE) -> list[Row]:
    """Return the rows of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Row(row["notebook"], row["service"], row["operation"], float(row["calls"]), row["by"])
            for row in csv.DictReader(file)
        ]


def as_csv(rows: Iterable[Row]) -> str:
    """Return the text of the file."""
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(field.name for field in fields(Row))
    for row in rows:
        notebook, service, operation, calls, by = astuple(row)
        table.writerow([notebook, service, operation, f"{calls:.6f}".rstrip("0").rstrip("."), by])
    return text.getvalue()
