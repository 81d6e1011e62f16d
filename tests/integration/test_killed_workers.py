"""The worker is killed in mid-turn, wherever that can be, and the table is kept."""

import time
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from typing import Final

import pytest

from chalicelib import wiring
from chalicelib.actions.spoken import ENGLISH
from chalicelib.calls.call import State
from chalicelib.calls.transcript import Conversation, Speaker
from chalicelib.providers.registry import PROVIDERS
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import PicksUp, Says, Side, Sound
from moltis.carriers.record import SimulatedCall
from tests.killable import Death, Killable, killable

SPEED: Final = 20.0
PATIENCE_SECS: Final = 40.0
LEAST_POINTS: Final = 3


@pytest.fixture(scope="module", params=list(PROVIDERS))
def phone(request: pytest.FixtureRequest) -> Iterator[Killable]:
    agent = {"reply_budget_secs": 1, "timeout_secs": 3}
    with killable(request.param, speed=SPEED, agent=agent) as running:
        yield running


def test_wherever_it_dies_the_call_goes_on_or_ends_politely(phone: Killable) -> None:
    after = 0
    while True:
        number = f"+1555987{after:04}"
        call, there = live_through(phone, number, Death(b"table", b"Goodbye", after))
        check(phone, number, call, there)
        if not phone.death.came:
            break
        after += 1
    assert after > LEAST_POINTS


def live_through(phone: Killable, number: str, death: Death) -> tuple[Conversation, SimulatedCall]:
    """Have a call in whose first turn the worker dies."""
    script = (Says("Is there a table?"), Says("Goodbye."))
    phone.carriers.network.attach(number, lambda: ScriptedFarEnd(script, ringing=PicksUp(0.5)))
    phone.death = death
    placed = phone.rpc.ask("voicecall.initiate", to=number, message="Hello.")
    seen = wiring.calls().conversation(placed["call_id"])
    deadline = time.monotonic() + PATIENCE_SECS
    while not seen.call.state.is_final and time.monotonic() < deadline:
        time.sleep(0.2)
        seen = wiring.calls().conversation(placed["call_id"])
    there = phone.carriers.call(seen.call.provider_call_id)
    assert there.wait(PATIENCE_SECS)
    return seen, there


def check(phone: Killable, number: str, seen: Conversation, there: SimulatedCall) -> None:
    assert seen.call.state in {State.HANGUP_BOT, State.HANGUP_USER}
    assert [call.sid for call in phone.carriers.calls if call.to_number == number] == [there.sid]
    theirs = [line.text for line in seen.lines if line.speaker is Speaker.USER]
    assert max(Counter(theirs).values()) == 1
    heard = Counter(
        moment.text
        for moment in there.moments
        if moment.side is Side.AGENT and moment.sound is Sound.SPEECH
    )
    # An apology is for each turn that fails, and a busy machine may fail two.
    assert max(times for text, times in heard.items() if text != ENGLISH.apology) == 1
    written = Counter(line.text for line in seen.lines if line.speaker is Speaker.BOT)
    assert heard <= written, "nothing is heard twice that was not said twice"
    assert len(replies(seen)) <= 1


def replies(seen: Conversation) -> list[str]:
    """What was said to the question, before the far end spoke again."""
    asked = next(place for place, line in enumerate(seen.lines) if line.speaker is Speaker.USER)
    behind = takewhile(lambda line: line.speaker is Speaker.BOT, seen.lines[asked + 1 :])
    return [line.text for line in behind if line.text not in ENGLISH.fillers]
