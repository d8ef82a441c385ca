"""One file: read it, put what it names in place, ask AWS's schema, then AWS's validators."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError
from moto import mock_aws
from moto.core.config import DefaultConfig
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from pcluster.aws.aws_api import AWSApi
from pcluster.aws.common import Cache
from pcluster.schemas.cluster_schema import ClusterSchema
from pcluster.validators.cluster_validators import RegionValidator
from pcluster.validators.common import FailureLevel, ValidationResult, ValidatorContext

from patternlab.hpc.parallelcluster.findings import LEVELS, WHOLE
from patternlab.hpc.parallelcluster.judging import advice, ground
from patternlab.hpc.parallelcluster.judging.document import (
    Document,
    Path,
    Unreadable,
    read,
    written,
)
from patternlab.hpc.parallelcluster.judging.extract import cluster_of
from patternlab.hpc.parallelcluster.judging.offline import REFUSED
from patternlab.hpc.parallelcluster.judging.places import paths_of, place, watch
from patternlab.hpc.parallelcluster.site import Site

NAME = "lab"  # of the cluster, which is given on the command line and not in the file
REGION = "us-east-1"  # where the file names none
_MISSING = (REFUSED, "has not been implemented", "Not yet implemented")
#: Ids of things that are not put in place here: file systems, volumes, capacity reservations ...
_ABSENT = re.compile(r"\b(fs|fsvol|svm|fc|cr|vol|snap|backup|lt)-[0-9a-f]{8}")
_KEEP: DefaultConfig = {"core": {"reset_boto3_session": False}}  # the session that has our answers

ground.answer_for_moto()
Answer = dict[str, Any]


def judge(text: str, site: Site | None) -> Answer:
    """The findings, the cluster and the assumptions of one file, as JSON can hold them."""
    try:
        document = read(text)
    except Unreadable as error:
        return _answer([_finding("error", (), error.line, error.message, "YAML", error.advice)])
    named = document.data.get("Region")
    known = isinstance(named, str) and named in RegionsAndZonesBackend.zones
    region = str(named) if known else REGION
    os.environ["AWS_DEFAULT_REGION"] = region
    Cache.clear_all()
    AWSApi.reset()
    with mock_aws(config=_KEEP):
        return _judge(document, site, region)


def _judge(document: Document, site: Site | None, region: str) -> Answer:
    named = ground.named_in(document)
    said = [] if "Region" in document.data else [f"The region is {region}."]
    if site is None:
        site, assumed = ground.assumed_site(document, named, region)
        said += assumed
    said += ground.furnish(site, named, region)
    try:
        config = ClusterSchema(cluster_name=NAME).load(document.data)
    except ValidationError as error:
        return _answer(_schema_findings(error.normalized_messages(), document), None, said)
    except Exception as error:  # what pcluster does too: the schema itself asks AWS
        return _answer([_of_whole(error, document)], None, said)
    findings = list(_validate(config, document))
    try:
        cluster = cluster_of(config, region, site.subnets)
    except Exception:  # a type that does not exist has no cores
        cluster = None
    return _answer(findings, cluster, said)


def _validate(config: Any, document: Document) -> Iterator[Answer]:
    seen: dict[int, Any] = {}
    paths = paths_of(config, document)
    failed = None
    yield from _of_region(document)
    with watch(seen):
        try:
            results = config.validate(context=ValidatorContext())
        except Exception as error:
            failed, results = error, config._validation_failures
    found = [_of_result(result, document, paths, seen.get(id(result))) for result in results]
    yield from found
    if failed is not None:
        whole = _of_whole(failed, document)
        if whole["where"] not in {finding["where"] for finding in found}:
            yield whole


def _of_region(document: Document) -> Iterator[Answer]:
    """A region that does not exist: all else is judged as if in `REGION`."""
    region = document.data.get("Region")
    if isinstance(region, str) and region not in RegionsAndZonesBackend.zones:
        for result in RegionValidator().execute(region=region):
            yield _of_result(result, document, {}, None)


def _of_result(result: ValidationResult, document: Document, paths: dict, watched: Any) -> Answer:
    validator = result.validator_type.removeprefix("AsyncTimed")
    where = place(document, paths, watched, result.message, advice.keys_of(validator))
    level, do = result.level.name.lower(), advice.advice_of(validator)
    unasked = result.level is FailureLevel.ERROR and not advice.is_judged(validator)
    if unasked or _cannot_tell(result.message):
        level, do = "not judged", advice.ASK_AWS
    return _finding(level, where, document.line(where), result.message, validator, do)


def _cannot_tell(message: str) -> bool:
    """Does the message say that something is absent which a real account may well have?"""
    return any(words in message for words in _MISSING) or bool(_ABSENT.search(message))


def _of_whole(error: Exception, document: Document) -> Answer:
    """What pcluster itself would report as "Invalid cluster configuration: ..."."""
    where = place(document, {}, None, str(error), ())
    names = " ".join(str(value) for _, value in document.below(()) if isinstance(value, str))
    missing = _cannot_tell(str(error)) or _ABSENT.search(names)
    level = "not judged" if missing else "error"
    key = str(next((step for step in reversed(where) if isinstance(step, str)), ""))
    do = advice.ASK_AWS if missing else advice.advice_of_key(key)
    message = f"Invalid cluster configuration: {error}"
    return _finding(level, where, document.line(where), message, WHOLE, do)


def _schema_findings(messages: Any, document: Document) -> list[Answer]:
    return [_schema_finding(path, message, document) for path, message in _flat(messages, ())]


def _flat(messages: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the nested messages of marshmallow one by one."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _flat(inner, path if key == "_schema" else (*path, key))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flat(inner, path)
    else:
        yield path, str(messages)


def _schema_finding(path: Path, message: str, document: Document) -> Answer:
    key = next((str(step) for step in reversed(path) if isinstance(step, str)), "the file")
    do = advice.advice_of_schema(message, key, _known_keys(path[:-1]))
    return _finding("error", path, document.line(path), message, "schema", do)


def _known_keys(path: Path) -> list[str]:
    """The keys that AWS's schema knows at `path`."""
    schema: Any = ClusterSchema(cluster_name=NAME)
    for step in path:
        if isinstance(step, int):
            continue
        field = next((f for f in schema.fields.values() if f.data_key == step), None)
        if field is None:
            return []
        schema = _schema_in(field)
        if schema is None:
            return []
    return sorted(field.data_key for field in schema.fields.values())


def _schema_in(field: Any) -> Any:
    """The schema of what is in a field: nested, or a list of nested."""
    for inner in (field, getattr(field, "inner", None)):
        schema = getattr(inner, "schema", None)
        if schema is not None:
            return schema
    return None


def _finding(level: str, path: Path, line: int, message: str, validator: str, do: str) -> Answer:
    return {
        "level": level,
        "where": written(path),
        "line": line,
        "message": " ".join(message.split()),
        "validator": validator,
        "advice": do,
    }


def _answer(findings: list[Answer], cluster: Answer | None = None, said: Any = ()) -> Answer:
    """Each finding once, the gravest first."""
    once = {tuple(finding.items()): finding for finding in findings}
    ordered = sorted(
        once.values(),
        key=lambda f: (LEVELS.index(f["level"]), f["line"], f["where"], f["message"]),
    )
    return {"findings": ordered, "cluster": cluster, "assumed": list(said)}
