"""Writing under a condition: it happened, it was forbidden, or an error says what went wrong."""

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pynamodb.connection import Connection
from pynamodb.exceptions import (
    DeleteError,
    PutError,
    PynamoDBException,
    TransactWriteError,
    UpdateError,
)
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.overriding import override
from chalicelib.store.tables import Item

RawItem = Mapping[str, dict[str, Any]]

_PAUSES_SECS: Final = (0.01, 0.02, 0.05, 0.1, 0.2)
_REFUSED: Final = "ConditionalCheckFailed"
# botocore repeats what is throttled as a whole, but neither of these: two writes met.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
_BUSY: Final = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ThrottlingError",
        "TransactionConflict",
        "TransactionConflictException",
    }
)
ABSENT: Final = Item.pk.does_not_exist()

Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class Step(ABC):
    """One item's part in a transaction."""

    item: Item

    @abstractmethod
    def join(self, transaction: TransactWrite) -> None:
        """Become part of *transaction*."""


@dataclass(frozen=True, slots=True)
class Delete(Step):
    """Take *item* away, if it is there."""

    @override
    def join(self, transaction: TransactWrite) -> None:
        transaction.delete(self.item)


@dataclass(frozen=True, slots=True)
class Put(Step):
    """Put *item* there as a whole."""

    condition: Condition | None = None

    @override
    def join(self, transaction: TransactWrite) -> None:
        transaction.save(self.item, self.condition, return_values="ALL_OLD")


@dataclass(frozen=True, slots=True)
class Change(Step):
    """Do *actions* to what is there."""

    actions: tuple[Action, ...]
    condition: Condition | None = None

    @override
    def join(self, transaction: TransactWrite) -> None:
        transaction.update(self.item, list(self.actions), self.condition, return_values="ALL_OLD")


def transact(**steps: Step) -> Mapping[str, RawItem]:
    """Take all *steps*, or none: then give the refused ones, with what is there instead."""
    # A transaction is written in this order, and answers in the order in which it is written.
    ordered = {
        name: step
        for kind in (Delete, Put, Change)
        for name, step in steps.items()
        if isinstance(step, kind)
    }
    try:
        _patiently(lambda: _commit(*ordered.values()))
    except TransactWriteError as error:
        reasons = dict(zip(ordered, error.cancellation_reasons, strict=False))
        refused = {name: reason for name, reason in reasons.items() if reason}
        if {reason.code for reason in refused.values()} != {_REFUSED}:
            raise
        return {name: reason.raw_item or {} for name, reason in refused.items()}
    return {}


def change(item: Item, *actions: Action, condition: Condition) -> bool:
    """Do *actions* to what is there under the key of *item*, and read it, if *condition* holds."""
    try:
        _patiently(lambda: item.update(list(actions), condition))
    except UpdateError as error:
        return _refused(error)
    return True


def put(item: Item, condition: Condition = ABSENT) -> bool:
    """Put *item* there as a whole, if *condition* holds: as a rule, if nothing is there."""
    try:
        _patiently(lambda: item.save(condition))
    except PutError as error:
        return _refused(error)
    return True


def remove(item: Item, condition: Condition) -> bool:
    """Take away what is there under the key of *item*, if *condition* holds."""
    try:
        _patiently(lambda: item.delete(condition))
    except DeleteError as error:
        return _refused(error)
    return True


def _commit(*steps: Step) -> None:
    with TransactWrite(connection=Connection()) as transaction:
        for step in steps:
            step.join(transaction)


def _refused(error: PynamoDBException) -> bool:
    if error.cause_response_code != f"{_REFUSED}Exception":
        raise error
    return False


def _patiently(write: Callable[[], Written]) -> Written:
    for pause in _PAUSES_SECS:
        try:
            return write()
        except PynamoDBException as error:
            if not _is_busy(error):
                raise
        # Two that met must not meet again.
        time.sleep(pause * (0.5 + random.random()))  # noqa: S311  # nobody gains from guessing it
    return write()


def _is_busy(error: PynamoDBException) -> bool:
    reasons = error.cancellation_reasons if isinstance(error, TransactWriteError) else []
    codes = {reason.code for reason in reasons if reason}
    return bool(_BUSY & {*codes, error.cause_response_code})
