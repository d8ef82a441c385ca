"""API Gateway: REST APIs and their stages."""

from __future__ import annotations

from patternlab.account.removal.thing import COURSE_NAME, Removal, Thing, aws


class RestApi(Removal):
    """With its stages, its resources and all."""

    kind, by_id = "rest api", True

    def names(self, at):
        for page in at.pages("apigateway", "get_rest_apis"):
            yield from ((one["name"], one["id"]) for one in page["items"])

    def look(self, at, thing):
        return at.call("apigateway", "get_rest_api", restApiId=thing.identifier)

    def tags(self, at, thing):
        return self.look(at, thing).get("tags", {})

    def delete(self, at, thing):
        at.call("apigateway", "delete_rest_api", restApiId=thing.identifier)

    def by_hand(self, thing):
        return aws(thing, "apigateway delete-rest-api", rest_api_id=thing.identifier or "ID")


class Stage(Removal):
    """`identifier` is "<id of its API>/<name>"."""

    kind, by_id = "stage", True

    def names(self, at):
        for page in at.pages("apigateway", "get_rest_apis"):
            for api in page["items"]:
                if not COURSE_NAME.search(api["name"]):
                    continue
                for one in at.call("apigateway", "get_stages", restApiId=api["id"])["item"]:
                    yield one["stageName"], f"{api['id']}/{one['stageName']}"

    def _its(self, thing: Thing) -> dict[str, str]:
        api, _, name = (thing.identifier or "").partition("/")
        return {"restApiId": api, "stageName": name}

    def look(self, at, thing):
        return at.call("apigateway", "get_stage", **self._its(thing))

    def tags(self, at, thing):
        return self.look(at, thing).get("tags", {})

    def delete(self, at, thing):
        at.call("apigateway", "delete_stage", **self._its(thing))

    def by_hand(self, thing):
        api, name = self._its(thing).values()
        return aws(thing, "apigateway delete-stage", rest_api_id=api, stage_name=name)
