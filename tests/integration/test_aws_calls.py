"""What a webhook costs in AWS calls when the container is warm."""

from collections.abc import Iterator

import pytest

from tests.aws_calls import AGENTS, WEBHOOKS, besides_the_agents
from tests.phone import Phone, a_phone


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    # Nothing else may happen meanwhile: nobody picks up, and nobody stops ringing.
    with a_phone(ring_timeout_secs=600, outbound={"max_concurrent_calls": 100}) as running:
        yield running


@pytest.mark.parametrize("webhook", WEBHOOKS)
def test_a_warm_webhook_asks_no_more_of_aws_than_it_may(phone: Phone, webhook: str) -> None:
    play, allowed = WEBHOOKS[webhook]
    play(phone)

    asked = play(phone)

    assert len(besides_the_agents(asked)) <= allowed, asked


def test_the_agent_is_asked_by_one_call_and_only_when_something_was_said(phone: Phone) -> None:
    speech, _ = WEBHOOKS["gather, speech"]
    silence, _ = WEBHOOKS["gather, silence"]

    assert speech(phone).count(AGENTS) == 1
    assert AGENTS not in silence(phone)
