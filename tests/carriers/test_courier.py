"""How often a carrier asks, by what the fragment of an address says."""

import pytest

from moltis.carriers.courier import FAILURES, Delivery, DeliveryError, Repetition, deliver
from tests.carriers.gateway import Gateway, Reply
from tests.carriers.test_twilio_webhooks import closed_address


def asked(gateway: Gateway, repetition: Repetition, *replies: int) -> tuple[int, int]:
    """Say which status came in the end, and how often it was asked for."""
    gateway.on("/answer", *(Reply(status=status) for status in replies))
    answer = deliver(Delivery(url=f"{gateway.url}/answer", repetition=repetition))
    return answer.status, len(gateway.at("/answer"))


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("", Repetition()),
        ("#rc=2&rp=all", Repetition(2, FAILURES)),
        ("#rc=3&rp=5xx,rt", Repetition(3, frozenset({"5xx", "rt"}))),
        ("#rc=9", Repetition(5)),
        ("#rc=many&rp=never", Repetition(1, frozenset())),
    ],
)
def test_the_fragment_says_how_often_and_after_what(fragment: str, expected: Repetition) -> None:
    assert Repetition().of(f"https://phone.example.com/a?b=c{fragment}") == expected


@pytest.mark.parametrize("status", [429, 502])
def test_what_fails_is_asked_for_again_where_that_is_wished(gateway: Gateway, status: int) -> None:
    assert asked(gateway, Repetition(2, FAILURES), status, status, 200) == (200, 3)


def test_it_is_not_asked_for_ever(gateway: Gateway) -> None:
    assert asked(gateway, Repetition(2, FAILURES), 502, 502, 502, 200) == (502, 3)


def test_without_a_wish_an_answer_is_an_answer(gateway: Gateway) -> None:
    assert asked(gateway, Repetition(), 502, 200) == (502, 1)


def test_who_cannot_be_reached_is_tried_once_more_and_not_for_ever() -> None:
    with pytest.raises(DeliveryError, match="nobody could be reached"):
        deliver(Delivery(url=closed_address()))
