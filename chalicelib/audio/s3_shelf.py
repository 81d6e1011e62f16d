"""Sounds in a bucket of S3, whose lifecycle throws the old ones away."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.asking_aws import asking
from chalicelib.audio.shelf import GOOD_FOR, Shelf
from chalicelib.calls.sounds import SOUND_TYPE
from chalicelib.errors import SpeechError
from chalicelib.overriding import override

PREFIX: Final = "speech/"
PATIENCE_SECS: Final = 3.0
"""How long S3 may take; somebody is listening to silence."""
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_AT_ONCE: Final = 1_000
"""As many as S3 throws away in one request."""


class S3Shelf(Shelf):
    """The bucket of that name; *now* is the time."""

    def __init__(self, bucket: str, *, now: Callable[[], datetime]) -> None:
        self._bucket = bucket
        self._now = now

    @override
    def holds(self, name: str) -> bool:
        head = self._ask("head_object", name)
        return head is not None and self._now() - head["LastModified"] < GOOD_FOR

    @override
    def get(self, name: str) -> bytes | None:
        there = self._ask("get_object", name)
        if there is None:
            return None
        with asking("S3", SpeechError):
            content: bytes = there["Body"].read()
        return content

    @override
    def drop(self, names: Collection[str]) -> None:
        every = [{"Key": _key(name)} for name in sorted(names)]
        client = aws.client("s3", read_timeout_secs=PATIENCE_SECS)
        for first in range(0, len(every), _AT_ONCE):
            some = {"Objects": every[first : first + _AT_ONCE], "Quiet": True}
            with asking("S3", SpeechError):
                told = client.delete_objects(Bucket=self._bucket, Delete=some)
            if told.get("Errors"):
                message = f"S3 refused: {told['Errors'][0].get('Code', '')}"
                raise SpeechError(message)

    @override
    def put(self, name: str, content: bytes) -> None:
        self._ask("put_object", name, Body=content, ContentType=SOUND_TYPE)

    def _ask(self, what: str, name: str, **more: Any) -> Any:  # noqa: ANN401  # boto3 has no types
        client = aws.client("s3", read_timeout_secs=PATIENCE_SECS)
        with asking("S3", SpeechError):
            try:
                return getattr(client, what)(Bucket=self._bucket, Key=_key(name), **more)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _MISSING:
                    raise
        return None


def _key(name: str) -> str:
    return f"{PREFIX}{name}.wav"
