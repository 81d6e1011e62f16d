"""Copies back into a phone's table what is missing there, out of one restored beside it."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ConfigurationError
from moltis.deployment.cloud import Cloud, refuse

OPENING: Final = ("TOKEN#", "TOKENS", "SESSION#")
"""How the keys begin of what lets somebody in: it may have been revoked since."""
ERASED: Final = "data erased"
_AT_ONCE: Final = 100
"""As many keys as BatchGetItem takes."""
_WRITERS: Final = 16
_KEY: Final = ("pk", "sk")
_CHANGES: Final = "AUDIT#settings"

Item = Mapping[str, Any]
Key = tuple[str, str]


@dataclass(slots=True)
class CopiedBack:
    """What came of it."""

    copied: dict[str, int] = field(default_factory=dict)
    """How many items of each kind were missing."""
    there: int = 0
    """How many are in the phone's table, as they were or newer: they stay as they are."""
    expired: int = 0
    left_out: int = 0
    """How many would let somebody in who may have been shut out since."""
    running: int = 0
    """How many of the calls that were missing ran at the time to which the table was restored."""
    erased_since: list[str] = field(default_factory=list)
    """Who was erased after that time: when, and the last four digits."""


class Tables:
    """Two tables: *source* was restored, *target* is the phone's."""

    def __init__(self, cloud: Cloud, source: str, target: str) -> None:
        if source == target:
            message = f"{source} is the phone's own table; name the one that was restored beside it"
            raise ConfigurationError(message)
        self._client = cloud.client("dynamodb")
        self._source, self._target = source, target

    def copy_back(self, *, dry_run: bool, tokens: bool, tell: Callable[[int], None]) -> CopiedBack:
        """Copy what is missing, never over what is there; *tell* how many items are done with.

        Harmless to repeat. What lets somebody in is copied only with *tokens*.

        Raises:
            ConfigurationError: a table is not there, or may not be read or written.
        """
        done, changes, looked_at = CopiedBack(), set[Key](), 0
        try:
            for page in self._pages():
                changes |= {_key(one) for one in page if one["pk"]["S"] == _CHANGES}
                missing = self._missing(list(_wanted(page, done, tokens=tokens)), done)
                with ThreadPoolExecutor(_WRITERS) as writers:
                    fresh = list(writers.map(lambda one: dry_run or self._put(one), missing))
                _count(done, missing, fresh)
                looked_at += len(page)
                tell(looked_at)
            done.erased_since = list(self._erased_beside(changes))
        except (BotoCoreError, ClientError) as error:
            refuse(error, f"{self._source} cannot be copied back into {self._target}")
        return done

    def _pages(self) -> Iterator[list[Item]]:
        for page in self._client.get_paginator("scan").paginate(TableName=self._source):
            yield page["Items"]

    def _missing(self, items: list[Item], done: CopiedBack) -> list[Item]:
        there: set[Key] = set()
        for first in range(0, len(items), _AT_ONCE):
            keys = [{name: one[name] for name in _KEY} for one in items[first : first + _AT_ONCE]]
            asked: Any = {self._target: {"Keys": keys, "ProjectionExpression": "pk, sk"}}
            while asked:
                answer = self._client.batch_get_item(RequestItems=asked)
                there |= {_key(one) for one in answer["Responses"].get(self._target, [])}
                asked = answer.get("UnprocessedKeys")
        done.there += len(there)
        return [one for one in items if _key(one) not in there]

    def _put(self, item: Item) -> bool:
        try:
            self._client.put_item(
                TableName=self._target, Item=item, ConditionExpression="attribute_not_exists(pk)"
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _erased_beside(self, known: set[Key]) -> Iterator[str]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._target,
            KeyConditionExpression="pk = :changes",
            FilterExpression="#action = :erased",
            ExpressionAttributeNames={"#action": "action"},
            ExpressionAttributeValues={":changes": {"S": _CHANGES}, ":erased": {"S": ERASED}},
        )
        for page in pages:
            for one in page["Items"]:
                if _key(one) not in known:
                    (change,) = json.loads(one["changes"]["S"])
                    yield f"{one['at']['S'][:19]}Z {change['key']}"


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _wanted(page: list[Item], done: CopiedBack, *, tokens: bool) -> Iterator[Item]:
    now = time.time()
    for one in page:
        if "expires_at" in one and float(one["expires_at"]["N"]) <= now:
            done.expired += 1
        elif one["pk"]["S"].startswith(OPENING) and not tokens:
            done.left_out += 1
        else:
            yield one


def _count(done: CopiedBack, missing: list[Item], fresh: list[bool]) -> None:
    for one, is_fresh in zip(missing, fresh, strict=True):
        done.there += not is_fresh
        if is_fresh:
            # A counter begins by being counted up, which does not say what it is.
            kind = one.get("item", {"S": "counter"})["S"]
            done.copied[kind] = done.copied.get(kind, 0) + 1
            done.running += "live_shard" in one
