"""Lambda: functions and their event source mappings."""

from __future__ import annotations

from patternlab.account.kinds import bare
from patternlab.account.removal.thing import Removal, aws


class EventSourceMapping(Removal):
    kind, owner, by_id, patience = "mapping", "function", True, 180.0

    def names(self, at):
        for page in at.pages("lambda", "list_event_source_mappings"):
            for one in page["EventSourceMappings"]:
                yield bare(one.get("FunctionArn", "")), one["UUID"]

    def look(self, at, thing):
        return at.call("lambda", "get_event_source_mapping", UUID=thing.identifier)

    def tags(self, at, thing):
        arn = at.arn("lambda", f"event-source-mapping:{thing.identifier}")
        return at.call("lambda", "list_tags", Resource=arn).get("Tags", {})

    def delete(self, at, thing):
        if self.look(at, thing).get("State") != "Deleting":
            at.call("lambda", "delete_event_source_mapping", UUID=thing.identifier)

    def by_hand(self, thing):
        return aws(thing, "lambda delete-event-source-mapping", uuid=thing.identifier or "UUID")


class Function(Removal):
    kind, patience = "function", 60.0

    def names(self, at):
        for page in at.pages("lambda", "list_functions"):
            yield from ((one["FunctionName"], None) for one in page["Functions"])

    def look(self, at, thing):
        return at.call("lambda", "get_function_configuration", FunctionName=thing.name)

    def tags(self, at, thing):
        arn = at.arn("lambda", f"function:{thing.name}")
        return at.call("lambda", "list_tags", Resource=arn).get("Tags", {})

    def delete(self, at, thing):
        at.call("lambda", "delete_function", FunctionName=thing.name)

    def by_hand(self, thing):
        return aws(thing, "lambda delete-function", function_name=thing.name)
