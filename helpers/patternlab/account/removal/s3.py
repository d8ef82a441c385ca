"""S3: buckets with all that is in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patternlab.account.asking import Gone, Place, Refusal
from patternlab.account.removal.thing import Removal, Thing, pairs


class Bucket(Removal):
    kind, is_global = "bucket", True

    def names(self, at):
        for page in at.pages("s3", "list_buckets"):
            yield from ((one["Name"], None) for one in page["Buckets"])

    def look(self, at, thing):
        return at.call("s3", "head_bucket", Bucket=thing.name)

    def tags(self, at, thing):
        try:
            return pairs(at.call("s3", "get_bucket_tagging", Bucket=thing.name)["TagSet"])
        except Gone:  # S3 says so of a bucket without tags, too
            return {}

    def delete(self, at, thing):
        """Silence it first, or deleting each object would be one more event."""
        at.call(
            "s3",
            "put_bucket_notification_configuration",
            Bucket=thing.name,
            NotificationConfiguration={},
        )
        for page in at.pages("s3", "list_multipart_uploads", Bucket=thing.name):
            for one in page.get("Uploads", []):
                what = {"Key": one["Key"], "UploadId": one["UploadId"]}
                at.call("s3", "abort_multipart_upload", Bucket=thing.name, **what)
        for page in at.pages("s3", "list_object_versions", Bucket=thing.name):
            self._delete_objects(at, thing, page)
        at.call("s3", "delete_bucket", Bucket=thing.name)

    def _delete_objects(self, at: Place, thing: Thing, page: Mapping[str, Any]) -> None:
        objects = [
            {"Key": one["Key"], "VersionId": one["VersionId"]}
            for one in page.get("Versions", []) + page.get("DeleteMarkers", [])
        ]
        if not objects:
            return
        what = {"Objects": objects, "Quiet": True}
        answer = at.call("s3", "delete_objects", Bucket=thing.name, Delete=what)
        for error in answer.get("Errors", []):
            raise Refusal(f"AWS did not delete the object {error['Key']} ({error.get('Code')}).")

    def by_hand(self, thing):
        return f"aws s3 rb s3://{thing.name} --force"
