"""Where scenes are played: calls are made over HTTP, and watched as any client can."""

import time
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Final

import click

from chalicelib.calls.call import inbound_call_id
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import Sound, Step
from moltis.carriers.record import SimulatedCall
from moltis.commands import show
from moltis.gateway import Gateway
from moltis.rpc_client import RefusedError, RpcClient

PATIENCE_SECS: Final = 30.0
LOOK_EVERY_SECS: Final = 0.05
UNKNOWN_CALL: Final = -32004

Call = dict[str, Any]

_NUMBERS: Final = count()


class Stage:
    """One carrier's part of the gateway."""

    def __init__(self, gateway: Gateway, rpc: RpcClient, carrier: str) -> None:
        self.gateway = gateway
        self.rpc = rpc
        self.carrier = carrier
        self.call_ids: list[str] = []

    def name(self, what: str) -> str:
        """Name a check."""
        return f"{self.carrier}: {what}"

    def initiate(
        self, title: str, message: str, *, far_end: Iterable[Step], mode: str = "conversation"
    ) -> str:
        """Call a number of its own, where *far_end* is what happens; gives the call's id."""
        number = f"+1555987{next(_NUMBERS):04}"
        steps = list(far_end)
        self.gateway.carriers.network.attach(number, lambda: ScriptedFarEnd(steps))
        params = {"to": number, "message": message, "mode": mode, "account": self.carrier}
        call_id = str(self.rpc.ask("voicecall.initiate", **params)["call_id"])
        self.call_ids.append(call_id)
        click.echo(f"{self._prefix(title)}calling {number}")
        return call_id

    def dial_in(self, caller: str, far_end: Iterable[Step]) -> str:
        """Have *far_end* call us; gives the call's id, once we know of it."""
        number = next(
            one.account.from_number
            for one in self.gateway.seeded
            if one.account.account_id == self.carrier
        )
        placed = self.gateway.carriers.dial_in(caller, number, ScriptedFarEnd(list(far_end)))
        call_id = inbound_call_id(self.carrier, placed.sid)
        self._until(call_id, lambda _: True)
        self.call_ids.append(call_id)
        return call_id

    def watch(self, title: str, call_id: str) -> Call:
        """Print what happens in the call, until it is over; gives the call."""
        seen: Call = {"state": "", "transcript": [], "end_reason": None}
        for call in self._looks(call_id):
            show.news(seen, call, prefix=self._prefix(title))
            seen = call
            if call["end_reason"]:
                break
        self.far_end(seen).wait(PATIENCE_SECS)
        return seen

    def wait_for_words(self, call_id: str, count: int) -> None:
        """Wait until the far end begins to hear words of ours for the *count*th time.

        The transcript has them sooner, and what is done before then may keep them from being heard.
        """
        self._until(call_id, lambda call: self._times_spoken(call) >= count)

    def far_end(self, call: Call) -> SimulatedCall:
        """The same call as its carrier knows it."""
        return self.gateway.carriers.call(call["provider_call_id"])

    def count(self) -> int:
        """How many calls are stored."""
        return len(self.rpc.ask("voicecall.history", account=self.carrier, limit=100)["calls"])

    def _times_spoken(self, call: Call) -> int:
        if not call["provider_call_id"]:
            return 0
        return sum(
            moment.sound in {Sound.SPEECH, Sound.AUDIO} for moment in self.far_end(call).heard
        )

    def _until(self, call_id: str, holds: Callable[[Call], bool]) -> None:
        for call in self._looks(call_id):
            if holds(call) or call["end_reason"]:
                return

    def _looks(self, call_id: str) -> Iterable[Call]:
        deadline = time.monotonic() + PATIENCE_SECS
        while time.monotonic() < deadline:
            try:
                yield self.rpc.ask("voicecall.status", call_id=call_id)
            except RefusedError as error:
                # An arriving call is unknown until its carrier has told us of it.
                if error.code != UNKNOWN_CALL:
                    raise
            time.sleep(LOOK_EVERY_SECS)

    def _prefix(self, title: str) -> str:
        return f"{self.carrier:<7} {title:<13} "
