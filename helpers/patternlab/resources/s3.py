"""S3: buckets with everything in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patternlab.resources.place import Gone, Place, Refusal
from patternlab.resources.resource import Names, Resource
from patternlab.resources.statement import OURS, Statement
from patternlab.resources.tagging import TagPairs, pairs

_MOST = 1000  # objects in one DeleteObjects


class Bucket(Resource):
    """A bucket with its objects, their versions and unfinished uploads."""

    kind, service, is_everyday, is_global, hourly_usd = "bucket", "s3", True, True, 0.0
    create, named_by, arn_prefix = "CreateBucket", "Bucket", ""
    tags_at = TagPairs("CreateBucketConfiguration.Tags")
    find_by, describe, remove = "ListBuckets", "HeadBucket", "DeleteBucket"
    also = """GetBucketTagging PutBucketNotificationConfiguration ListMultipartUploads
        AbortMultipartUpload ListObjectVersions DeleteObjects"""
    parts = """CompleteMultipartUpload CopyObject CreateMultipartUpload CreateSession PutBucketAbac
        PutBucketAcl PutBucketCors PutBucketEncryption PutBucketLifecycle
        PutBucketLifecycleConfiguration PutBucketNotification PutBucketNotificationConfiguration
        PutBucketOwnershipControls PutBucketPolicy PutBucketTagging PutBucketVersioning PutObject
        PutObjectTagging PutPublicAccessBlock RenameObject UploadPart UploadPartCopy"""
    takes = {
        "CreateBucket": ("s3:CreateBucket", "s3:TagResource"),
        "DeleteObject": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
        "DeleteObjects": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
        "GetBucketNotificationConfiguration": ("s3:GetBucketNotification",),
        "HeadBucket": ("s3:ListBucket",),
        "HeadObject": ("s3:GetObject",),
        "ListBuckets": ("s3:ListAllMyBuckets",),
        "ListMultipartUploads": ("s3:ListBucketMultipartUploads",),
        "ListObjectVersions": ("s3:ListBucketVersions",),
        "ListObjects": ("s3:ListBucket",),
        "ListObjectsV2": ("s3:ListBucket",),
        "PutBucketNotificationConfiguration": ("s3:PutBucketNotification",),
    }
    statements = (
        Statement(
            "Buckets", ("s3:*",), (f"arn:aws:s3:::{OURS}",), "The notebooks' buckets and objects."
        ),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("s3", cls.find_by, "Buckets"):
            yield one["Name"], None

    def tags(self, at: Place) -> Mapping[str, str]:
        try:
            return pairs(at.call("s3", "GetBucketTagging", Bucket=self.name)["TagSet"])
        except Gone:  # S3 says so of a bucket without tags, too
            return {}

    def delete(self, at: Place) -> None:
        """Silence it first, or deleting each object would be one more event."""
        its = self.its(at)
        at.call("s3", "PutBucketNotificationConfiguration", **its, NotificationConfiguration={})
        for one in at.items("s3", "ListMultipartUploads", "Uploads", **its):
            what = {"Key": one["Key"], "UploadId": one["UploadId"]}
            at.call("s3", "AbortMultipartUpload", **its, **what)
        for holds in ("Versions", "DeleteMarkers"):
            found = list(at.items("s3", "ListObjectVersions", holds, **its))
            for first in range(0, len(found), _MOST):
                self._delete_objects(at, found[first : first + _MOST])
        super().delete(at)

    def _delete_objects(self, at: Place, found: list[dict[str, Any]]) -> None:
        objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        what = {"Objects": objects, "Quiet": True}
        answer = at.call("s3", "DeleteObjects", **self.its(at), Delete=what)
        for error in answer.get("Errors", []):
            raise Refusal(f"AWS did not delete the object {error['Key']} ({error.get('Code')}).")

    def by_hand(self) -> str:
        return f"aws s3 rb s3://{self.name} --force"
