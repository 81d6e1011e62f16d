"""A model that is quick, slow, broken or gone, on every carrier: the line is never dead.

Everything that waits on purpose runs `SCALE` times faster than in a real call: the carrier's clock,
the account's budget and patience, our own pauses, and the model. The machine does not, so that what
is granted for its work is granted in real seconds. Without its fillers, no carrier would pass.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import pytest

from chalicelib.actions import await_reply, converse, take_input, take_turn
from chalicelib.providers import registry
from moltis.carriers import attention, telnyx_webhooks
from moltis.carriers.courier import Answer, Delivery, deliver
from moltis.carriers.line import Moment, Says, Side, Sound, speaking_time
from tests.model_server import (
    EMPTY,
    FAREWELL,
    GARBAGE,
    Answers,
    Asked,
    Fails,
    Hangs,
    ModelServer,
    Move,
)
from tests.phone import Phone, a_phone, audible, words

SCALE: Final = 3.0
BUDGET_SECS: Final = 6.0
PATIENCE_SECS: Final = 30.0
GRACE_SECS: Final = 2.0
DOCUMENT_SECS: Final = 10.0
EVENT_SECS: Final = 2.0
APART_SECS: Final = 0.8
APOLOGY: Final = "I am sorry, I could not work that out. Could you say it again?"
FILLERS: Final = {"One moment, please.", "Let me see.", "Just a second."}
REPLY: Final = "That is answered."


@dataclass(frozen=True, slots=True)
class Case:
    """What the model does with a question, and whether the far end hears its reply."""

    question: str
    move: Move
    answered: bool


def _after(secs: float) -> Answers:
    return Answers(REPLY, after=secs / SCALE)


CASES: Final = (
    Case("0.2 s", _after(0.2), answered=True),
    Case("3 s", _after(3), answered=True),
    Case("500", Fails(500), answered=False),
    Case("garbage", GARBAGE, answered=False),
    Case("nothing", EMPTY, answered=False),
    Case("12 s", _after(12), answered=True),
    Case("90 s", _after(90), answered=False),
    Case("hangs", Hangs(), answered=False),
)
MOVES: Final = {case.question: case.move for case in CASES}


def model(asked: Asked) -> Move:
    return MOVES.get(asked.last_heard, FAREWELL)


@dataclass(slots=True)
class Post:
    """How long each webhook took, in seconds of ours."""

    took: list[float] = field(default_factory=list)

    def deliver(self, delivery: Delivery, **how: Any) -> Answer:
        begun = time.monotonic()
        try:
            return deliver(delivery, **how)
        finally:
            self.took.append(time.monotonic() - begun)


@dataclass(frozen=True, slots=True)
class Played:
    """All cases on one carrier, played side by side."""

    phone: Phone
    calls: dict[str, dict[str, Any]]
    post: Post


@pytest.fixture(scope="module", params=list(registry.PROVIDERS))
def played(request: pytest.FixtureRequest) -> Iterator[Played]:
    post = Post()
    with pytest.MonkeyPatch.context() as patch, ModelServer(otherwise=model) as server:
        _hurry(patch)
        for module in (attention, telnyx_webhooks):
            patch.setattr(module, "deliver", post.deliver)
        agent = {
            "kind": "openai",
            "base_url": server.url,
            "model": "any",
            "reply_budget_secs": BUDGET_SECS / SCALE,
            "timeout_secs": PATIENCE_SECS / SCALE,
        }
        with a_phone(request.param, speed=SCALE, agent=agent) as phone:
            # Those that take long come first; all at one moment would only test the machine.
            ids = {case.question: _call(phone, case) for case in reversed(CASES)}
            calls = {question: phone.over(call_id) for question, call_id in ids.items()}
            yield Played(phone, calls, post)


def _call(phone: Phone, case: Case) -> str:
    heard = REPLY if case.answered else APOLOGY
    time.sleep(APART_SECS)
    return phone.initiate(phone.far_end(Says(case.question), Says("Bye.", when=heard)), "Hi.")


def _hurry(patch: pytest.MonkeyPatch) -> None:
    for module, names in {
        take_input: ("WHOLE_SECS", "LONGEST_BUDGET_SECS"),
        take_turn: ("WHOLE_SECS", "WAY_BACK_SECS"),
        await_reply: ("HOLD_SECS", "LOOK_EVERY_SECS", "AGAIN_SECS", "STALLED_SECS"),
        converse: ("AGAIN_SECS", "STALLED_SECS"),
    }.items():
        for name in names:
            patch.setattr(module, name, getattr(module, name) / SCALE)


def waits(moments: Sequence[Moment]) -> list[float]:
    """How long the far end heard nothing each time after it had spoken."""
    speech = [moment for moment in moments if moment.sound is Sound.SPEECH]
    return [
        ours.at - theirs.at - speaking_time(theirs.text)
        for theirs, ours in pairwise(speech)
        if (theirs.side, ours.side) == (Side.FAR_END, Side.AGENT)
    ]


every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.question)


@every_case
def test_no_reply_is_lost_or_spoken_twice_and_the_call_goes_on_to_a_polite_end(
    played: Played, case: Case
) -> None:
    call = played.calls[case.question]
    at_carrier = played.phone.at_carrier(call)

    said = [text for _, text in words(call) if text not in FILLERS]
    reply = REPLY if case.answered else APOLOGY
    assert said == ["Hi.", case.question, reply, "Bye.", "Goodbye."]
    assert words(call) == audible(played.phone, call)
    assert call["end_reason"] == "hangup_bot"
    assert at_carrier.heard[-1].whole
    assert at_carrier.alerts == []


@every_case
def test_the_far_end_hears_something_soon_after_it_has_spoken(played: Played, case: Case) -> None:
    silent = waits(played.phone.at_carrier(played.calls[case.question]).moments)

    assert len(silent) == 2
    assert max(silent) / SCALE < BUDGET_SECS / SCALE + GRACE_SECS


def test_no_webhook_waits_longer_than_its_carrier_does(played: Played) -> None:
    takes_commands = registry.PROVIDERS[played.phone.account].takes_commands
    work_secs = DOCUMENT_SECS - BUDGET_SECS
    limit = EVENT_SECS if takes_commands else BUDGET_SECS / SCALE + work_secs

    assert max(played.post.took) < limit
