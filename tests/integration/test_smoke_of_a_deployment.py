import pytest

from chalicelib.errors import ConfigurationError
from moltis.deployment.smoke import probe
from tests.phone import Phone


def test_the_webhooks_of_an_account_that_is_ready_are_proved_from_outside(phone: Phone) -> None:
    ready = [one["id"] for one in phone.rpc.ask("voicecall.status")["accounts"] if one["ready"]]

    assert ready == [phone.account]
    probe(phone.rpc, phone.account)


def test_webhooks_that_cannot_be_tried_are_a_sentence(phone: Phone) -> None:
    with pytest.raises(ConfigurationError, match="webhooks of nobody cannot be tried"):
        probe(phone.rpc, "nobody")
