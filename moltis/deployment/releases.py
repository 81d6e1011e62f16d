"""What of a stage was deployed, one after the other, so that one can go back."""

import json
from datetime import UTC, datetime
from typing import Final

from chalicelib.errors import ConfigurationError
from moltis.deployment.bucket import Bucket

_TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
"""Sorted as text, they are sorted by time."""


class Releases:
    """The templates that were deployed as *stage*, kept beside them in their bucket.

    The last is the one that runs. A template names its code, and neither is ever removed, so that
    the key of the template is all there is to a release.
    """

    def __init__(self, bucket: Bucket, stage: str) -> None:
        self._bucket = bucket
        self._stage = stage
        self._folder = f"releases/{stage}/"

    def note(self, template: str) -> None:
        """Remember that *template*, a key of the bucket, is what runs now."""
        newest = self._bucket.keys(self._folder)[-1:]
        if newest and self._template(newest[0]) == template:
            return
        key = f"{self._folder}{datetime.now(UTC).strftime(_TIME)}.json"
        self._bucket.keep(key, json.dumps({"template": template}).encode())

    def former(self) -> tuple[str, str]:
        """Give the template before the one that runs, and when it was deployed.

        Raises:
            ConfigurationError: nothing was deployed before.
        """
        before = self._bucket.keys(self._folder)[-2:-1]
        if not before:
            message = f"nothing was deployed as {self._stage} before what runs; deploy a commit"
            raise ConfigurationError(message)
        when = before[0].removeprefix(self._folder).removesuffix(".json")
        return self._template(before[0]), when

    def forget_last(self) -> None:
        """The last one does not run any more: the former one does."""
        self._bucket.remove(self._bucket.keys(self._folder)[-1])

    def _template(self, key: str) -> str:
        return str(json.loads(self._bucket.read(key))["template"])
