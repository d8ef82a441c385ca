"""The lines that Lambda's platform writes to a function's log (events-68 to events-70)."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime

from patternlab.delivery.functions.function import FunctionError

Line = tuple[float, str]  # (seconds since 1970, text)


@dataclass(frozen=True)
class Report:
    """The figures of one invocation: durations in seconds, memory in megabytes."""

    request_id: str
    duration: float
    memory: int
    used: int
    init: float | None = None
    status: str | None = None
    error_type: str | None = None

    @property
    def billed_ms(self) -> int:
        """Whole milliseconds, the init phase included (billed since August 2025, events-71)."""
        return math.ceil(round((self.duration + (self.init or 0)) * 1000, 6))


class TextLog:
    """Platform lines as plain text, Lambda's default."""

    @staticmethod
    def init_start(runtime: str, when: datetime) -> str:
        return f"INIT_START Runtime Version: {runtime.replace('python', 'python:')}.v0 (local)\n"

    @staticmethod
    def init_report(seconds: float, error_type: str, when: datetime) -> str:
        return (
            f"INIT_REPORT Init Duration: {seconds * 1000:.2f} ms\tPhase: init\tStatus: error\t"
            f"Error Type: {error_type}\n"
        )

    @staticmethod
    def error(error: FunctionError, request_id: str, when: datetime) -> str:
        trace = "Traceback (most recent call last):\n" + "".join(error.stack) if error.stack else ""
        return f"[ERROR] {error.type}: {error.message}\n{trace}"

    @staticmethod
    def start(request_id: str, when: datetime) -> str:
        return f"START RequestId: {request_id} Version: $LATEST\n"

    @staticmethod
    def end(request_id: str, when: datetime) -> str | None:
        return f"END RequestId: {request_id}\n"

    @staticmethod
    def report(report: Report, when: datetime) -> str:
        parts = [
            f"REPORT RequestId: {report.request_id}",
            f"Duration: {report.duration * 1000:.2f} ms",
            f"Billed Duration: {report.billed_ms} ms",
            f"Memory Size: {report.memory} MB",
            f"Max Memory Used: {report.used} MB",
        ]
        if report.init is not None:
            parts.append(f"Init Duration: {report.init * 1000:.2f} ms")
        if report.status:
            parts.append(f"Status: {report.status}")
        if report.error_type:
            parts.append(f"Error Type: {report.error_type}")
        return "\t".join(parts) + "\t\n"


class JsonLog:
    """Platform lines as JSON. At the default system level only start and report are sent."""

    @staticmethod
    def init_start(runtime: str, when: datetime) -> str | None:
        return None

    @staticmethod
    def init_report(seconds: float, error_type: str, when: datetime) -> str:
        record: dict[str, object] = {
            "initializationType": "on-demand",
            "phase": "init",
            "status": "error",
            "errorType": error_type,
            "metrics": {"durationMs": round(seconds * 1000, 3)},
        }
        return _platform("initReport", when, record)

    @staticmethod
    def error(error: FunctionError, request_id: str, when: datetime) -> str:
        return json.dumps(
            {
                "timestamp": _stamp(when),
                "log_level": "ERROR",
                "errorMessage": error.message,
                "errorType": error.type,
                "requestId": request_id,
                "stackTrace": error.stack,
            }
        )

    @staticmethod
    def start(request_id: str, when: datetime) -> str:
        return _platform("start", when, {"requestId": request_id, "version": "$LATEST"})

    @staticmethod
    def end(request_id: str, when: datetime) -> str | None:
        return None

    @staticmethod
    def report(report: Report, when: datetime) -> str:
        metrics = {
            "durationMs": round(report.duration * 1000, 3),
            "billedDurationMs": report.billed_ms,
            "memorySizeMB": report.memory,
            "maxMemoryUsedMB": report.used,
        }
        if report.init is not None:
            metrics["initDurationMs"] = round(report.init * 1000, 3)
        record: dict[str, object] = {
            "requestId": report.request_id,
            "metrics": metrics,
            "status": report.status or "success",
        }
        if report.error_type:
            record["errorType"] = report.error_type
        return _platform("report", when, record)


def _platform(kind: str, when: datetime, record: dict[str, object]) -> str:
    return json.dumps({"time": _stamp(when), "type": f"platform.{kind}", "record": record})


def _stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


LOG_FORMATS: dict[str, type[TextLog | JsonLog]] = {"Text": TextLog, "JSON": JsonLog}
