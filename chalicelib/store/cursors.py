"""Where a page of calls ended, as text that means nothing to whoever keeps it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
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
        text = f"{call.account}\n{time_text(call.started_at)}\n{call.call_id}"
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
