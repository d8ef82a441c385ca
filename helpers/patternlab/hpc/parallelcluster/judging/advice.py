"""What to do about a finding, and which keys of the file it is about."""

from __future__ import annotations

import csv
from difflib import get_close_matches
from functools import cache
from importlib import resources

GENERAL = "Change the file as the message says, and look the key up in the User Guide."
ASK_AWS = "Only a real account can tell: run pcluster create-cluster with --dryrun true there."

_IDS = {
    "SubnetId": "subnet",
    "SubnetIds": "subnet",
    "SecurityGroups": "sg",
    "AdditionalSecurityGroups": "sg",
}


@cache
def _validators() -> dict[str, dict[str, str]]:
    """Read what we know of AWS's validators, each by its name.

    ``judged`` is "no" for those that ask for things which are not put in place here: roles, file
    systems, URLs ...
    """
    table = resources.files(__package__).joinpath("validators.csv").read_text("utf-8")
    return {row["validator"]: row for row in csv.DictReader(table.splitlines())}


def is_judged(validator: str) -> bool:
    """Tell whether what this validator asks for is put in place here."""
    return _validators().get(validator, {}).get("judged") != "no"


def keys_of(validator: str) -> tuple[str, ...]:
    """Return the keys that a finding of this validator is about, the likeliest first."""
    return tuple(_validators().get(validator, {}).get("keys", "").split())


def advice_of(validator: str) -> str:
    """Say what to do about a finding of this validator."""
    return _validators().get(validator, {}).get("advice") or GENERAL


def advice_of_key(key: str) -> str:
    """Say what to do if only the key of the value that AWS refuses is known."""
    validators = {
        "InstanceType": "InstanceTypeValidator",
        "SubnetId": "SubnetsValidator",
        "SubnetIds": "SubnetsValidator",
    }
    return advice_of(validators.get(key, ""))


def advice_of_schema(message: str, key: str, known: list[str]) -> str:
    """What to do about a finding of the schema.

    Args:
        message: of marshmallow.
        key: the last key of its path.
        known: the keys that may be where `key` is.
    """
    if message == "Unknown field.":
        return _advice_of_unknown(key, known)
    if message.startswith("Missing data"):
        return f"Add {key}; if it is there already, look at its indentation."
    if message == "Field may not be null.":
        return f"Give {key} a value; what belongs to it must be indented below it."
    if message.startswith("Not a valid"):
        wanted = message.removeprefix("Not a valid ").rstrip(".")
        return f"Give {key} a value of this kind: {wanted}."
    if message.startswith("Must be one of"):
        values = message.removeprefix("Must be one of: ").rstrip(".")
        return f"Choose for {key}: {values}." if "," in values else f"Write {key}: {values}."
    if "pattern" in message and key in _IDS:
        return f"Copy the id from your account: {_IDS[key]}- and 8 or 17 letters and digits."
    if message.startswith("Invalid input type"):
        return f"Indent the keys of {key} below it, with a dash before each entry of a list."
    return f"Change {key} as the message says."


def _advice_of_unknown(key: str, known: list[str]) -> str:
    if not known:
        return "Remove it: no key may be here."
    if close := get_close_matches(key, known, n=1, cutoff=0.75):
        return f"Write {close[0]}."
    move = "Remove it, or indent it so that it belongs where it should."
    if near := get_close_matches(key, known, n=1, cutoff=0.5):
        return f"{move} Perhaps {near[0]} is meant."
    return f"{move} Here may be: {', '.join(known)}."
