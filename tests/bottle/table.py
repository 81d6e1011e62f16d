"""DynamoDB in a bottle: what our store asks of it, in a fiftieth of moto's time.

Whether it answers as moto does is tested request by request, and every contract of a store is
played with it (tests/properties/test_bottled_table.py, tests/contract/memories.py). What it does
not know, it refuses.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, Final

from tests.bottle.expressions import (
    Around,
    Attributes,
    InvalidError,
    Value,
    condition,
    equals,
    number,
    placeholders,
    update,
    written,
)

Asked = Mapping[str, Any]
Item = dict[str, Value]
Place = tuple[str, str]
"""An item's keys: of its partition, and within it."""
Key = tuple[str, str]
"""The names of the attributes that are the keys of a table or an index."""

TABLE: Final[Key] = ("pk", "sk")
CONDITION_FAILED: Final = "ConditionalCheckFailedException"
CANCELLED: Final = "TransactionCanceledException"
NOT_THERE: Final = "ResourceNotFoundException"
UNREFUSED: Final = {"Code": "None"}
REFUSED: Final = {
    "Code": "ConditionalCheckFailed",
    "Message": "The conditional request failed",
}
EXPRESSIONS: Final = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "UpdateExpression",
)
KNOWN: Final = frozenset(
    {
        *EXPRESSIONS,
        "ConsistentRead",
        "ExclusiveStartKey",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "IndexName",
        "Item",
        "Key",
        "Limit",
        "ReturnConsumedCapacity",
        "ReturnValues",
        "ReturnValuesOnConditionCheckFailure",
        "ScanIndexForward",
        "TableName",
    }
)


class RefusedError(Exception):
    """The answer is an error: its code, and what else is said."""

    def __init__(self, code: str, **told: object) -> None:
        super().__init__(code)
        self.code, self.told = code, told


@dataclass(slots=True)
class BottledTable:
    """One table; `writes` counts, so that whoever reads all of it knows when to read again."""

    indexes: dict[str, Key] = field(default_factory=dict)
    partitions: dict[str, dict[Place, Item]] = field(default_factory=dict)
    writes: int = 0

    def answer(self, operation: str, body: bytes | str) -> tuple[SimpleNamespace, dict[str, Any]]:
        """Answer a request, as botocore would have read the answer."""
        try:
            status, told = HTTPStatus.OK, OPERATIONS[operation](self, json.loads(body))
        except InvalidError as error:
            status, told = HTTPStatus.BAD_REQUEST, _error("ValidationException", str(error))
        except RefusedError as error:
            told = _error(error.code, "refused") | error.told
            status = HTTPStatus.BAD_REQUEST
        metadata = {"HTTPStatusCode": int(status), "HTTPHeaders": {}, "RetryAttempts": 0}
        return SimpleNamespace(status_code=int(status)), {**told, "ResponseMetadata": metadata}

    def items(self) -> Iterator[Item]:
        for partition in self.partitions.values():
            yield from partition.values()

    def create(self, asked: Asked) -> dict[str, Any]:
        self.indexes = {
            index["IndexName"]: _key(index["KeySchema"])
            for index in asked.get("GlobalSecondaryIndexes", ())
        }
        if _key(asked["KeySchema"]) != TABLE:
            raise InvalidError(asked["KeySchema"])
        return {"TableDescription": {"TableName": asked["TableName"], "TableStatus": "ACTIVE"}}

    def describe(self, asked: Asked) -> dict[str, Any]:
        if not self.indexes:
            raise RefusedError(NOT_THERE)
        schema = [
            {"AttributeName": name, "KeyType": kind}
            for name, kind in zip(TABLE, ("HASH", "RANGE"), strict=True)
        ]
        names = [{"AttributeName": name, "AttributeType": "S"} for name in TABLE]
        return {
            "Table": {
                "TableName": asked["TableName"],
                "TableStatus": "ACTIVE",
                "KeySchema": schema,
                "AttributeDefinitions": names,
            }
        }

    def get(self, asked: Asked) -> dict[str, Any]:
        _check(asked)
        found = self._at(_place(asked["Key"]))
        return {"Item": dict(found)} if found else {}

    def put(self, asked: Asked) -> dict[str, Any]:
        return self._change(asked, _place(asked["Item"]), lambda: dict(asked["Item"]))

    def update(self, asked: Asked) -> dict[str, Any]:
        return self._change(asked, _place(asked["Key"]), lambda: self._updated(asked))

    def delete(self, asked: Asked) -> dict[str, Any]:
        return self._change(asked, _place(asked["Key"]), lambda: None)

    def _change(
        self, asked: Asked, place: Place, make: Callable[[], Item | None]
    ) -> dict[str, Any]:
        _check(asked)
        old = self._at(place)
        if not _holds(asked, old):
            raise RefusedError(CONDITION_FAILED)
        new = make()
        self._keep(place, new)
        match asked.get("ReturnValues", "NONE"):
            case "NONE":
                return {}
            case "ALL_OLD":
                return {"Attributes": dict(old)} if old else {}
            case "ALL_NEW" if new is not None:
                return {"Attributes": dict(new)}
            case other:
                raise InvalidError(other)

    def transact(self, asked: Asked) -> dict[str, Any]:
        steps = [next(iter(step.items())) for step in asked["TransactItems"]]
        places = [_place(step.get("Key") or step["Item"]) for _, step in steps]
        if len(set(places)) < len(places):
            raise InvalidError(places)
        reasons = []
        for (_, step), place in zip(steps, places, strict=True):
            _check(step)
            old = self._at(place)
            shown = old and step.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            refused = {**REFUSED, "Item": dict(old)} if old and shown else REFUSED
            reasons.append(UNREFUSED if _holds(step, old) else refused)
        if any(reason is not UNREFUSED for reason in reasons):
            raise RefusedError(CANCELLED, CancellationReasons=reasons)
        # All of it is reckoned before any of it is kept.
        made = [self._made(kind, step) for kind, step in steps]
        for (kind, _), place, new in zip(steps, places, made, strict=True):
            if kind != "ConditionCheck":
                self._keep(place, new)
        return {}

    def _made(self, kind: str, step: Asked) -> Item | None:
        match kind:
            case "Put":
                return dict(step["Item"])
            case "Update":
                return self._updated(step)
            case "Delete" | "ConditionCheck":
                return None
        raise InvalidError(kind)

    def _updated(self, asked: Asked) -> Item:
        """The item as it will be; every operand is what was there before."""
        old = self._at(_place(asked["Key"])) or {}
        around = _around(asked, old)
        what, new = update(asked["UpdateExpression"]), {**old, **asked["Key"]}
        for path, operand in what.sets:
            value = operand(around)
            if value is None:
                raise InvalidError(path)
            new[around.named(path)] = value
        for path in what.removes:
            new.pop(around.named(path), None)
        for path, name in what.adds:
            new[around.named(path)] = _added(around.at(path), around.values[name])
        for path, name in what.deletes:
            _subtract(new, around.named(path), around.values[name])
        if _place(new) != _place(asked["Key"]):
            raise InvalidError(new)
        return new

    def query(self, asked: Asked) -> dict[str, Any]:
        _check(asked)
        key, wanted = self._key_of(asked), asked["KeyConditionExpression"]
        name, value = equals(wanted)
        around = _around(asked, {})
        if around.named(name) != key[0]:
            raise InvalidError(name)
        hashed = around.values[value]
        within = (
            self.partitions.get(hashed["S"], {}).values()
            if key == TABLE
            else (item for item in self.items() if item.get(key[0]) == hashed and key[1] in item)
        )
        fits = condition(wanted)
        found = [item for item in within if fits(_around(asked, item))]
        found.sort(key=_order(key), reverse=not asked.get("ScanIndexForward", True))
        return self._page(asked, key, found)

    def scan(self, asked: Asked) -> dict[str, Any]:
        _check(asked)
        key = self._key_of(asked)
        found = [item for item in self.items() if key[0] in item and key[1] in item]
        return self._page(asked, key, sorted(found, key=_order(key)))

    def _page(self, asked: Asked, key: Key, found: list[Item]) -> dict[str, Any]:
        if start := asked.get("ExclusiveStartKey"):
            where = _order(key)(start)
            backwards = not asked.get("ScanIndexForward", True)
            found = [
                item
                for item in found
                if (_order(key)(item) < where if backwards else _order(key)(item) > where)
            ]
        limit = asked.get("Limit") or len(found) + 1
        seen, more = found[:limit], len(found) > limit
        shown = [dict(item) for item in seen if _holds(asked, item, "FilterExpression")]
        told: dict[str, Any] = {"Items": shown, "Count": len(shown), "ScannedCount": len(seen)}
        if more:
            told["LastEvaluatedKey"] = {name: seen[-1][name] for name in {*key, *TABLE}}
        return told

    def _key_of(self, asked: Asked) -> Key:
        name = asked.get("IndexName")
        if name is None:
            return TABLE
        if asked.get("ConsistentRead") or name not in self.indexes:
            raise InvalidError(name)
        return self.indexes[name]

    def _at(self, place: Place) -> Item | None:
        return self.partitions.get(place[0], {}).get(place)

    def _keep(self, place: Place, item: Item | None) -> None:
        self.writes += 1
        partition = self.partitions.setdefault(place[0], {})
        if item is None:
            partition.pop(place, None)
            return
        for name in {*TABLE, *(name for key in self.indexes.values() for name in key)} & {*item}:
            if not item[name].get("S"):
                raise InvalidError(name)
        partition[place] = item


def _error(code: str, message: str) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": message}}


def _key(schema: Iterable[Mapping[str, str]]) -> Key:
    names = {part["KeyType"]: part["AttributeName"] for part in schema}
    return names["HASH"], names["RANGE"]


def _place(attributes: Attributes) -> Place:
    return attributes["pk"]["S"], attributes["sk"]["S"]


def _order(key: Key) -> Callable[[Attributes], tuple[str, ...]]:
    """By what the items of *key* are sorted; items of one key, as a table of its own sorts them."""
    names = (key[1], *TABLE)
    return lambda item: tuple(item[name]["S"] for name in names)


def _around(asked: Asked, item: Attributes) -> Around:
    return Around(
        item,
        asked.get("ExpressionAttributeNames", {}),
        asked.get("ExpressionAttributeValues", {}),
    )


def _holds(asked: Asked, item: Item | None, which: str = "ConditionExpression") -> bool:
    text = asked.get(which)
    return text is None or condition(text)(_around(asked, item or {}))


def _check(asked: Asked) -> None:
    """Refuse what DynamoDB refuses, and what this does not know."""
    if unknown := asked.keys() - KNOWN:
        raise InvalidError(unknown)
    used = placeholders(*(asked[name] for name in EXPRESSIONS if name in asked))
    given = {
        *asked.get("ExpressionAttributeNames", ()),
        *asked.get("ExpressionAttributeValues", ()),
    }
    if used != given:
        raise InvalidError(used, given)


def _added(old: Value | None, more: Value) -> Value:
    ((kind, content),) = more.items()
    if kind == "N":
        return written((number(old) if old is not None else Decimal(0)) + Decimal(content))
    if kind not in {"SS", "NS"} or (old is not None and kind not in old):
        raise InvalidError(kind)
    before = old[kind] if old else []
    return {kind: [*before, *(one for one in content if one not in before)]}


def _subtract(item: Item, name: str, less: Value) -> None:
    ((kind, content),) = less.items()
    if name in item:
        left = [one for one in item[name][kind] if one not in content]
        if left:
            item[name] = {kind: left}
        else:
            del item[name]


OPERATIONS: Final[Mapping[str, Callable[[BottledTable, Asked], dict[str, Any]]]] = {
    "CreateTable": BottledTable.create,
    "DescribeTable": BottledTable.describe,
    "UpdateTimeToLive": lambda _, __: {},
    "GetItem": BottledTable.get,
    "PutItem": BottledTable.put,
    "UpdateItem": BottledTable.update,
    "DeleteItem": BottledTable.delete,
    "TransactWriteItems": BottledTable.transact,
    "Query": BottledTable.query,
    "Scan": BottledTable.scan,
}
