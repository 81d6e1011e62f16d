"""Telnyx's events: their envelope, the signature over them, and how often they are delivered.

https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks
"""

import json
import queue
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from nacl.signing import SigningKey

from moltis.carriers.courier import Delivery, DeliveryError, Repetition, deliver
from moltis.carriers.faults import Faults
from moltis.carriers.record import SimulatedCall, Webhook

USER_AGENT: Final = "telnyx-webhooks"
PATIENCE: Final = (2.0, 2.0)
"""Seconds (of ours) to connect and to answer; whoever is slower gets the event again."""
RETRY_AFTER_SECS: Final = (0.25, 1.0)
"""Of ours, before each further attempt; Telnyx does not tell its own."""
HELD_SECS: Final = 0.3
"""How long an event waits to be overtaken by the next one, when that is wanted."""
_TRIED_AGAIN: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


def public_key(key: SigningKey) -> str:
    """Write the public half of *key* as Telnyx's portal shows it."""
    return b64encode(bytes(key.verify_key)).decode()


def signed_headers(key: SigningKey, body: bytes, timestamp: int) -> dict[str, str]:
    """The headers of a webhook that brings *body* at *timestamp*."""
    signature = key.sign(f"{timestamp}|".encode() + body).signature
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "telnyx-signature-ed25519": b64encode(signature).decode(),
        "telnyx-timestamp": str(timestamp),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An event, and where it goes."""

    event: Mapping[str, Any]
    url: str
    failover_url: str = ""
    """Where it goes when it is not taken there."""


class Mailbox:
    """Delivers the events of one call, again when they are missed; the call never waits."""

    def __init__(self, call: SimulatedCall, key: Callable[[], SigningKey], faults: Faults) -> None:
        self._call = call
        self._key = key
        self._faults = faults
        self._letters: queue.SimpleQueue[Letter | None] = queue.SimpleQueue()
        self._silent = threading.Event()
        self._others: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"{call.sid}-events", daemon=True)
        self._thread.start()

    def take(self, letter: Letter) -> None:
        """Deliver *letter* when those before it are delivered."""
        self._letters.put(letter)

    def silence(self) -> None:
        """Deliver nothing any more."""
        self._silent.set()

    def finish(self) -> None:
        """Wait until everything is delivered or given up, and end."""
        self._letters.put(None)
        self._thread.join()
        while True:
            with self._lock:
                if not self._others:
                    return
                thread = self._others.pop()
            thread.join()

    def _run(self) -> None:
        while (letter := self._letters.get()) is not None:
            if self._faults.simultaneous:
                self._apart(self._deliver, letter)
                continue
            overtaking = self._overtaking() if self._faults.out_of_order else ()
            for one in (*overtaking, letter):
                if one is None:
                    self._letters.put(None)
                else:
                    self._deliver(one)

    def _overtaking(self) -> tuple[Letter | None, ...]:
        try:
            return (self._letters.get(timeout=HELD_SECS),)
        except queue.Empty:
            return ()

    def _apart(self, run: Callable[[Letter], None], letter: Letter) -> None:
        thread = threading.Thread(target=run, args=(letter,), name="simulated-event", daemon=True)
        with self._lock:
            self._others.append(thread)
        thread.start()

    def _deliver(self, letter: Letter) -> None:
        missed = False
        for _ in range(2 if self._faults.duplicates else 1):
            missed = self._misses(letter, 1)
        if missed:
            self._apart(self._try_again, letter)

    def _try_again(self, letter: Letter) -> None:
        for attempt, seconds in enumerate(RETRY_AFTER_SECS, start=2):
            if self._silent.wait(seconds) or not self._misses(letter, attempt):
                return
        self._call.alerts.append(f"{letter.event['event_type']} was given up")

    def _misses(self, letter: Letter, attempt: int) -> bool:
        """Deliver *letter*; true when it is to be delivered again."""
        if not letter.url:
            self._call.alerts.append(f"{letter.event['event_type']} has nowhere to go")
            return False
        missed = False
        for url in filter(None, (letter.url, letter.failover_url)):
            status = self._send(letter, url, attempt)
            if _is_taken(status):
                return False
            is_failure = not status or status >= HTTPStatus.INTERNAL_SERVER_ERROR
            missed = missed or is_failure or status in _TRIED_AGAIN
        return missed

    def _send(self, letter: Letter, url: str, attempt: int) -> int:
        """Deliver *letter* to *url*, and give the status of the answer; 0: there was none."""
        if self._silent.is_set():
            return HTTPStatus.OK
        meta = {"attempt": attempt, "delivered_to": url}
        content = json.dumps({"data": letter.event, "meta": meta}).encode()
        headers = signed_headers(self._key(), content, int(time.time()))
        request = Delivery(url=url, headers=headers, body=content, repetition=Repetition(0))
        try:
            answer = deliver(request, timeouts=PATIENCE)
            status, body = answer.status, answer.body.decode(errors="replace")
        except DeliveryError as error:
            status, body = 0, str(error)
        self._note(url, letter.event, attempt, status, body)
        return status

    def _note(
        self, url: str, event: Mapping[str, Any], attempt: int, status: int, body: str
    ) -> None:
        form = (
            ("event_type", event["event_type"]),
            ("id", event["id"]),
            ("attempt", str(attempt)),
        )
        self._call.reports.append(Webhook(url=url, form=form, status=status, body=body))
        if not _is_taken(status):
            message = (
                f"{event['event_type']} (attempt {attempt}) was answered with {status}: {body}"
            )
            self._call.alerts.append(message)


def _is_taken(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
