"""Words from outside, in the middle of ours: nothing is lost, nor claimed and never said."""

import time
from collections.abc import Iterator
from typing import Final

import pytest

from chalicelib.providers import registry
from moltis.carriers.line import Says, StaysSilent
from tests.phone import Phone, a_phone, audible, words

SPEED: Final = 4.0
OPENING: Final = "It is about Friday. There are two tables by the window. Which one do you want?"
MESSAGE: Final = "One more thing."


@pytest.fixture(scope="module", params=list(registry.PROVIDERS))
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    with a_phone(request.param, speed=SPEED) as running:
        yield running


def test_what_words_from_outside_cut_off_is_said_again_behind_them(phone: Phone) -> None:
    to = phone.far_end(StaysSilent(), Says("Goodbye!"))
    call_id = phone.initiate(to, OPENING)
    live = phone.until(call_id, lambda call: call["state"] in {"listening", "speaking"})
    # Two seconds of the carrier's clock: the first sentence, and half of the second.
    time.sleep(2 / SPEED)

    phone.rpc.ask("voicecall.speak", call_id=call_id, message=MESSAGE)

    call = phone.over(call_id)
    whole = [moment.text for moment in phone.at_carrier(live).heard if moment.whole]
    assert MESSAGE in whole
    assert any(text.endswith("Which one do you want?") for text in whole)
    assert words(call) == audible(phone, call)
    assert phone.at_carrier(live).alerts == []
