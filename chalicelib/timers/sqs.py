"""Timers that were given up, in the queue into which the state machine puts them."""

import json
from typing import Any, Final

from chalicelib import aws
from chalicelib.overriding import override
from chalicelib.timers.base import LostTimer, LostTimers, TimerKind

_AT_ONCE: Final = 10
"""As many as SQS gives for one request."""
_HIDDEN_SECS: Final = 60
"""How long nobody else is given what was taken; longer than a request of ours can last."""


class SqsLostTimers(LostTimers):
    """The queue at *url*."""

    def __init__(self, url: str) -> None:
        self._url = url

    @override
    def take(self, *, limit: int) -> list[LostTimer]:
        answer = aws.client("sqs").receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(limit, _AT_ONCE),
            VisibilityTimeout=_HIDDEN_SECS,
            # Without waiting, SQS asks some of its servers only, and may find nothing.
            WaitTimeSeconds=1,
        )
        return [_read(message) for message in answer.get("Messages", [])]

    @override
    def drop(self, lost: LostTimer) -> None:
        aws.client("sqs").delete_message(QueueUrl=self._url, ReceiptHandle=lost.key)


def _read(message: dict[str, Any]) -> LostTimer:
    key = message["ReceiptHandle"]
    try:
        told = json.loads(message["Body"])
        return LostTimer(
            key=key,
            call_id=str(told["call_id"]),
            kind=TimerKind(told["kind"]),
            mark=str(told.get("mark", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        # Somebody else wrote it: it is for a person to look at.
        return LostTimer(key=key)
