"""Brings a carrier's webhooks to the gateway: over real HTTP, with a carrier's patience."""

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

TIMEOUTS: Final = (5.0, 15.0)
"""Seconds to connect, and to the next byte of the answer: what carriers grant (in our time)."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """How often a request is repeated at most, and after which failures.

    They are `ct` (nobody could be reached), `rt` (no answer came), `4xx` and `5xx`.
    """

    times: int = 1
    after: frozenset[str] = frozenset({"ct"})

    def of(self, url: str) -> "Repetition":
        """What the fragment of *url* asks for, as Twilio and Plivo read it; else this.

        https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
        """
        asked = dict(parse_qsl(urlsplit(url).fragment))
        times = asked.get("rc", "")
        after = frozenset(asked["rp"].split(",")) if "rp" in asked else self.after
        return Repetition(
            times=min(int(times), MOST_REPETITIONS) if times.isdecimal() else self.times,
            after=FAILURES if "all" in after else after & FAILURES,
        )


MOST_REPETITIONS: Final = 5
FAILURES: Final = frozenset({"ct", "rt", "4xx", "5xx"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request, ready to be sent as it stands."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    repetition: Repetition = Repetition()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class DeliveryError(Exception):
    """No answer came; *connected* tells whether the request was sent at all."""

    def __init__(self, reason: str, *, connected: bool) -> None:
        super().__init__(reason)
        self.connected = connected


def deliver(delivery: Delivery, *, timeouts: tuple[float, float] = TIMEOUTS) -> Answer:
    """Send *delivery*, and again as it says.

    *timeouts* are the seconds to connect, and to the next byte of the answer.

    Raises:
        DeliveryError: no answer came.
    """
    left = delivery.repetition.times
    while True:
        try:
            answer = _send(delivery, timeouts)
        except DeliveryError as error:
            if not left or ("rt" if error.connected else "ct") not in delivery.repetition.after:
                raise
        else:
            if not left or f"{answer.status // 100}xx" not in delivery.repetition.after:
                return answer
        left -= 1


def _send(delivery: Delivery, timeouts: tuple[float, float]) -> Answer:
    with requests.Session() as session:
        # Proxies and .netrc of the machine are not the carrier's business.
        session.trust_env = False
        try:
            response = session.request(
                delivery.method,
                delivery.url,
                data=delivery.body,
                headers={**delivery.headers, "Connection": "close"},
                timeout=timeouts,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _delivery_error(error, timeouts[1]) from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, body=response.content)


def _delivery_error(error: requests.RequestException, patience: float) -> DeliveryError:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(error, requests.ConnectTimeout) or isinstance(
        reason, NewConnectionError | ConnectTimeoutError
    ):
        return DeliveryError("nobody could be reached", connected=False)
    if isinstance(error, requests.Timeout):
        return DeliveryError(f"no answer within {patience:.0f} s", connected=True)
    return DeliveryError(f"the connection failed ({type(error).__name__})", connected=True)


class Courier:
    """Delivers the status callbacks of one call in a thread of its own, so that none waits."""

    def __init__(self, name: str, *, out_of_order: bool = False) -> None:
        self._errands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._out_of_order = out_of_order
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def take(self, errand: Callable[[], None]) -> None:
        """Run *errand* when those before it are done."""
        self._errands.put(errand)

    def finish(self) -> None:
        """Wait until everything is delivered, and end."""
        self._errands.put(None)
        self._thread.join()

    def _run(self) -> None:
        held: Callable[[], None] | None = None
        while (errand := self._errands.get()) is not None:
            if self._out_of_order and held is None:
                held = errand
                continue
            errand()
            if held is not None:
                held()
                held = None
        if held is not None:
            held()
