"""DynamoDB's expressions: read once, and kept by their text, for there are only some dozens."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any, Final

Value = dict[str, Any]
"""An attribute's value, as it goes over the wire: `{"S": "text"}`."""
Attributes = Mapping[str, Value]
TOKENS: Final = re.compile(r"\s*(<>|<=|>=|[()=<>,+-]|[#:]?\w+)")
ORDERED: Final = frozenset({"S", "N"})


class InvalidError(ValueError):
    """DynamoDB refuses the request."""


@dataclass(frozen=True, slots=True)
class Around:
    """An item, and what the placeholders of an expression stand for."""

    item: Attributes
    names: Mapping[str, str]
    values: Attributes

    def at(self, path: str) -> Value | None:
        return self.item.get(self.named(path))

    def named(self, path: str) -> str:
        return self.names[path] if path.startswith("#") else path


Condition = Callable[[Around], bool]
Operand = Callable[[Around], Value | None]


@dataclass(frozen=True, slots=True)
class Update:
    """The clauses of an update expression, in their order."""

    sets: list[tuple[str, Operand]] = field(default_factory=list)
    removes: list[str] = field(default_factory=list)
    adds: list[tuple[str, str]] = field(default_factory=list)
    deletes: list[tuple[str, str]] = field(default_factory=list)


@cache
def condition(text: str) -> Condition:
    """Read a condition, a filter or the condition of a key."""
    reader = _Reader(text)
    found = reader.either()
    reader.end()
    return found


@cache
def update(text: str) -> Update:
    """Read what is to become of an item."""
    reader, read = _Reader(text), Update()
    while reader.next:
        match reader.take().upper():
            case "SET":
                reader.list(lambda: read.sets.append(reader.setting()))
            case "REMOVE":
                reader.list(lambda: read.removes.append(reader.take()))
            case "ADD":
                reader.list(lambda: read.adds.append((reader.take(), reader.take())))
            case "DELETE":
                reader.list(lambda: read.deletes.append((reader.take(), reader.take())))
            case clause:
                raise InvalidError(clause)
    return read


@cache
def placeholders(*texts: str) -> frozenset[str]:
    """Every name and value that *texts* speak of."""
    return frozenset(chain.from_iterable(re.findall(r"[#:]\w+", text) for text in texts))


@cache
def equals(text: str) -> tuple[str, str]:
    """What the condition of a key asks to be equal first: the name and the value."""
    found = re.match(r"\(?\s*(#?\w+)\s*=\s*(:\w+)", text)
    if found is None:
        raise InvalidError(text)
    return found[1], found[2]


class _Reader:
    """Takes an expression apart, from left to right."""

    def __init__(self, text: str) -> None:
        self._rest = TOKENS.findall(text)
        if "".join(self._rest) != re.sub(r"\s", "", text):
            raise InvalidError(text)
        self._rest.reverse()

    @property
    def next(self) -> str:
        return str(self._rest[-1]) if self._rest else ""

    def take(self, expected: str = "") -> str:
        if not self._rest or (expected and self.next.upper() != expected):
            raise InvalidError(self.next)
        return str(self._rest.pop())

    def end(self) -> None:
        if self._rest:
            raise InvalidError(self.next)

    def list(self, one: Callable[[], object]) -> None:
        one()
        while self.next == ",":
            self.take()
            one()

    def either(self) -> Condition:
        found = [self._both()]
        while self.next.upper() == "OR":
            self.take()
            found.append(self._both())
        return found[0] if len(found) == 1 else lambda around: any(one(around) for one in found)

    def _both(self) -> Condition:
        found = [self._negated()]
        while self.next.upper() == "AND":
            self.take()
            found.append(self._negated())
        return found[0] if len(found) == 1 else lambda around: all(one(around) for one in found)

    def _negated(self) -> Condition:
        if self.next.upper() == "NOT":
            self.take()
            inner = self._negated()
            return lambda around: not inner(around)
        if self.next == "(":
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        return self._function() if self._rest[-2:-1] == ["("] else self._comparison()

    def _function(self) -> Condition:
        name = self.take()
        self.take("(")
        path = self.take()
        match name:
            case "attribute_exists":
                self.take(")")
                return lambda around: around.at(path) is not None
            case "attribute_not_exists":
                self.take(")")
                return lambda around: around.at(path) is None
            case "begins_with":
                self.take(",")
                start = self.operand()
                self.take(")")
                return lambda around: _begins(around.at(path), start(around))
        raise InvalidError(name)

    def _comparison(self) -> Condition:
        left = self.operand()
        sign = self.take().upper()
        if sign == "IN":
            found: list[Operand] = []
            self.take("(")
            self.list(lambda: found.append(self.operand()))
            self.take(")")
            return lambda around: any(_same(left(around), one(around)) for one in found)
        if sign == "BETWEEN":
            least = self.operand()
            self.take("AND")
            most = self.operand()
            return lambda around: (
                _orders(left(around), least(around), ">=")
                and _orders(left(around), most(around), "<=")
            )
        right = self.operand()
        if sign == "=":
            return lambda around: _same(left(around), right(around))
        if sign == "<>":
            return lambda around: not _same(left(around), right(around))
        if sign not in {"<", "<=", ">", ">="}:
            raise InvalidError(sign)
        return lambda around: _orders(left(around), right(around), sign)

    def setting(self) -> tuple[str, Operand]:
        path = self.take()
        self.take("=")
        left = self.operand()
        if self.next not in {"+", "-"}:
            return path, left
        sign = -1 if self.take() == "-" else 1
        right = self.operand()
        return path, lambda around: _sum(left(around), right(around), sign)

    def operand(self) -> Operand:
        name = self.take()
        if name == "if_not_exists":
            self.take("(")
            path = self.take()
            self.take(",")
            other = self.operand()
            self.take(")")
            return lambda around: found if (found := around.at(path)) is not None else other(around)
        if name.startswith(":"):
            return lambda around: around.values[name]
        if not re.fullmatch(r"#?\w+", name) or self.next == "(":
            raise InvalidError(name)
        return lambda around: around.at(name)


def number(value: Value | None) -> Decimal:
    """A number's value.

    Raises:
        InvalidError: it is none.
    """
    if value is None or "N" not in value:
        raise InvalidError(value)
    return Decimal(value["N"])


def written(amount: Decimal) -> Value:
    """A number as DynamoDB gives it: without an exponent, without zeros behind."""
    text = f"{amount:f}"
    return {"N": text.rstrip("0").rstrip(".") if "." in text else text}


def _sum(left: Value | None, right: Value | None, sign: int) -> Value:
    return written(number(left) + sign * number(right))


def _comparable(value: Value) -> tuple[str, Any]:
    ((kind, content),) = value.items()
    if kind == "N":
        return kind, Decimal(content)
    return kind, frozenset(content) if kind in {"SS", "NS"} else content


def _same(left: Value | None, right: Value | None) -> bool:
    return left is not None and right is not None and _comparable(left) == _comparable(right)


def _orders(left: Value | None, right: Value | None, sign: str) -> bool:
    if left is None or right is None:
        return False
    (kind, mine), (other_kind, other) = _comparable(left), _comparable(right)
    if kind != other_kind or kind not in ORDERED:
        return False
    if mine == other:
        return "=" in sign
    return bool(mine < other) is sign.startswith("<")


def _begins(value: Value | None, start: Value | None) -> bool:
    if value is None or start is None or "S" not in value or "S" not in start:
        return False
    return str(value["S"]).startswith(str(start["S"]))
