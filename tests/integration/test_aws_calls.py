"""What a webhook costs in AWS calls when the container is warm."""

import pytest

from tests.aws_calls import WEBHOOKS
from tests.phone import Phone


@pytest.mark.parametrize("webhook", WEBHOOKS)
def test_a_warm_webhook_asks_no_more_of_aws_than_it_may(phone: Phone, webhook: str) -> None:
    play, allowed = WEBHOOKS[webhook]
    play(phone)

    asked = play(phone)

    assert len(asked) <= allowed, asked
