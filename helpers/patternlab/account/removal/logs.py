"""CloudWatch Logs: log groups."""

from __future__ import annotations

import shlex

from patternlab.account.asking import Gone, Place
from patternlab.account.naming import PROJECT
from patternlab.account.removal.thing import ACCOUNT, AWS_ACCOUNT, Removal, Thing, aws


class LogGroup(Removal):
    """Its own ones, those Lambda writes and those SNS writes (whose names hold the account id)."""

    kind = "log group"

    def names(self, at):
        sns = f"sns/{at.region}/{at.account}/{PROJECT}-"
        for prefix in (f"{PROJECT}-", f"/aws/lambda/{PROJECT}-", sns):
            for page in at.pages("logs", "describe_log_groups", logGroupNamePrefix=prefix):
                for one in page["logGroups"]:
                    yield one["logGroupName"].replace(at.account, ACCOUNT), None

    def look(self, at, thing):
        name = self._real(at, thing)
        for page in at.pages("logs", "describe_log_groups", logGroupNamePrefix=name):
            if any(one["logGroupName"] == name for one in page["logGroups"]):
                return name
        raise Gone(f"There is no {thing}.")

    def _real(self, at: Place, thing: Thing) -> str:
        return thing.name.replace(ACCOUNT, at.account)

    def tags(self, at, thing):
        arn = at.arn("logs", f"log-group:{self._real(at, thing)}")
        return at.call("logs", "list_tags_for_resource", resourceArn=arn).get("tags", {})

    def delete(self, at, thing):
        at.call("logs", "delete_log_group", logGroupName=self._real(at, thing))

    def by_hand(self, thing):
        name = shlex.quote(thing.name).strip("'").replace(ACCOUNT, AWS_ACCOUNT)
        return f"{aws(thing, 'logs delete-log-group')} --log-group-name {name}"
