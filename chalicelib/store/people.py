"""What we ask of a memory for what it holds of somebody, who is known by a telephone number."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from chalicelib.accounts.audit import AuditEntry, Topic
from chalicelib.calls.call import Call
from chalicelib.calls.phone_numbers import PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsWith:
    """Some calls from and to a number, and where to look on (empty: all were looked at)."""

    calls: tuple[Call, ...]
    looked_at: int
    """How many calls, of whomever, are done with, at least."""
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesWith:
    """Some entries that hold a number, and where to look on (empty: all were looked at)."""

    entries: tuple[AuditEntry, ...]
    cursor: str


class PeopleStore(ABC):
    """Finds and takes away what is kept of somebody.

    There is no index by number: whoever is looked for here is looked for in everything, a bounded
    piece at a time.
    """

    @abstractmethod
    def calls_with(self, number: PhoneNumber, *, limit: int, cursor: str = "") -> CallsWith:
        """Read at most *limit* calls from or to *number*, in no order, from behind *cursor* on.

        A call that began a moment ago may be missed.

        Raises:
            InvalidParamsError: *cursor* is not one that we gave.
        """

    @abstractmethod
    def forget_call(self, call_id: str) -> int:
        """Take a call away with all that was said in it; says how many lines that were.

        The call itself goes last: what is interrupted, is found and done again.

        Raises:
            ConflictError: the call is not over.
        """

    @abstractmethod
    def entries_with(
        self, topic: Topic, number: PhoneNumber, *, limit: int, cursor: str = ""
    ) -> EntriesWith:
        """Read at most *limit* entries about *topic* that hold *number*, oldest first.

        Raises:
            InvalidParamsError: *cursor* is not one that we gave.
        """

    @abstractmethod
    def mask(self, entry: AuditEntry, number: PhoneNumber) -> None:
        """Have *entry* say `erased` wherever it holds *number*, and all else as it did."""
