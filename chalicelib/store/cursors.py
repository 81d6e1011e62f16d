"""Where a page of calls ended, as text that means nothing to whoever keeps it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.calls.call import Call
from chalicelib.errors import Fault, InvalidParamsError
from chalicelib.store.items import call_at
from chalicelib.store.tables import time_text


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last call of a page."""

    account: str
    started_at: datetime
    call_id: str

    @classmethod
    def after(cls, call: Call) -> str:
        """Write the cursor of the page that begins behind *call*."""
        return cls(call.account, call.started_at, call.call_id).text

    @classmethod
    def of(cls, key: Mapping[str, Mapping[str, str]]) -> "Cursor":
        """Read *key*, which is where the index of calls by account goes on."""
        call_id = key["pk"]["S"].partition("#")[2]
        return cls(key["account"]["S"], datetime.fromisoformat(key["started_at"]["S"]), call_id)

    @property
    def text(self) -> str:
        """What `read` reads."""
        text = f"{self.account}\n{time_text(self.started_at)}\n{self.call_id}"
        return urlsafe_b64encode(text.encode()).decode()

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Read what `after` wrote.

        Raises:
            InvalidParamsError: *text* is something else.
        """
        try:
            account, started_at, call_id = urlsafe_b64decode(text).decode().split("\n")
            return cls(account, datetime.fromisoformat(started_at), call_id)
        except ValueError as error:
            reason = "is not one that we gave; leave it away to begin with the newest call"
            raise InvalidParamsError(Fault("cursor", reason)) from error

    @property
    def key(self) -> dict[str, dict[str, str]]:
        """Where the index of calls by account goes on behind the call."""
        place = call_at(self.call_id)
        return {
            "pk": {"S": place.pk},
            "sk": {"S": place.sk},
            "account": {"S": self.account},
            "started_at": {"S": time_text(self.started_at)},
        }
