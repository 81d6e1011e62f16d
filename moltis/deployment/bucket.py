"""Where packages are uploaded: a bucket of this account and region, made when it is missing."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from moltis.deployment.cloud import Cloud

_MISSING: Final = frozenset({"404", "NoSuchBucket", "NotFound"})
_OLDEST_REGION: Final = "us-east-1"
"""The one region that a bucket there must not name."""

_PRIVATE: Final = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_NOTHING_HALF_UPLOADED: Final = {
    "Rules": [
        {
            "ID": "nothing-half-uploaded",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    ]
}
# What was deployed is not removed: a roll-back, ours or CloudFormation's, asks for it by its key.


class Bucket:
    """The packages of all stages in one account and region."""

    def __init__(self, cloud: Cloud) -> None:
        self.name = f"moltis-phone-{cloud.account}-{cloud.region}"
        self._s3 = cloud.client("s3")
        self._region = cloud.region
        # A bucket's name is the world's: whoever took ours must not be given our code.
        self._ours = {"Bucket": self.name, "ExpectedBucketOwner": cloud.account}

    def make(self) -> bool:
        """Make the bucket if it is missing; tells whether it was."""
        try:
            self._s3.head_bucket(**self._ours)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
        else:
            return False
        where: dict[str, Any] = (
            {}
            if self._region == _OLDEST_REGION
            else {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        )
        self._s3.create_bucket(Bucket=self.name, **where)
        self._s3.put_public_access_block(**self._ours, PublicAccessBlockConfiguration=_PRIVATE)
        self._s3.put_bucket_policy(**self._ours, Policy=json.dumps(self._only_encrypted()))
        self._s3.put_bucket_lifecycle_configuration(
            **self._ours, LifecycleConfiguration=_NOTHING_HALF_UPLOADED
        )
        return True

    def upload(self, path: Path, kind: str) -> str:
        """Keep *path* under its own digest, unless it is there; gives its key."""
        content = path.read_bytes()
        key = f"{kind}/{hashlib.sha256(content).hexdigest()}{path.suffix}"
        try:
            self._s3.head_object(**self._ours, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            self.keep(key, content)
        return key

    def keep(self, key: str, content: bytes) -> None:
        """Keep *content* under *key*."""
        self._s3.put_object(**self._ours, Key=key, Body=content)

    def read(self, key: str) -> bytes:
        """Give what is kept under *key*."""
        return bytes(self._s3.get_object(**self._ours, Key=key)["Body"].read())

    def remove(self, key: str) -> None:
        """Remove what is kept under *key*."""
        self._s3.delete_object(**self._ours, Key=key)

    def keys(self, prefix: str) -> list[str]:
        """Give all keys that begin with *prefix*, sorted."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(**self._ours, Prefix=prefix)
        return sorted(one["Key"] for page in pages for one in page.get("Contents", ()))

    def address(self, key: str) -> str:
        """Where CloudFormation finds what is kept under *key*."""
        parameters = {"Bucket": self.name, "Key": key}
        signed = self._s3.generate_presigned_url("get_object", Params=parameters)
        return str(signed).partition("?")[0]

    def _only_encrypted(self) -> dict[str, Any]:
        # The bucket of every partition: what stands between "arn:" and ":s3" is the region's.
        partition = self._s3.meta.partition
        arn = f"arn:{partition}:s3:::{self.name}"
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "OnlyEncryptedConnections",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [arn, f"{arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
