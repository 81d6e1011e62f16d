"""`make deploy && moltis voice-call setup --stage dev && moltis voice-call smoke`."""

from collections.abc import Iterator

import pytest

from chalicelib import aws
from tests.deployment import emulator
from tests.deployment.phone import STAGE, DeployedPhone, moltis
from tests.phone import CALLER


@pytest.fixture(scope="module")
def set_up(new_phone: DeployedPhone) -> Iterator[str]:
    """Set it up at a blank account of a carrier; gives what is printed."""
    opened = new_phone.gateway.carriers.open_account("twilio", "")
    credentials = [f"--{k.replace('_', '-')}={v}" for k, v in opened.owned.credentials.items()]
    try:
        yield moltis(
            *("setup", "--stage", STAGE, "--provider", "twilio", *credentials, "--yes"),
            *("--api-base-url", opened.api_base_url, "--inbound-policy", "disabled"),
            endpoint=new_phone.endpoint,
        )
    finally:
        # What follows has simulated accounts, which are those without credentials.
        aws.client("secretsmanager").delete_secret(
            SecretId=f"moltis-phone/{STAGE}/twilio", ForceDeleteWithoutRecovery=True
        )
        emulator.kill_functions(new_phone.process)


def test_deploying_prints_where_the_phone_is_and_where_its_token_is(
    new_phone: DeployedPhone,
) -> None:
    assert f"EndpointURL       {new_phone.gateway.url}" in new_phone.printed
    assert "AdminTokenSecret  arn:aws:secretsmanager:" in new_phone.printed
    assert "forged webhooks: refused" in new_phone.printed
    assert f"moltis voice-call setup --stage {STAGE}" in new_phone.printed


def test_setting_it_up_ends_in_a_phone_whose_webhooks_were_tried_from_outside(
    set_up: str,
) -> None:
    assert set_up.endswith("ready\n")


def test_then_it_rings_and_two_turns_are_talked(new_phone: DeployedPhone, set_up: str) -> None:
    assert set_up

    printed = moltis(*("smoke", "--to", CALLER, "--yes"), endpoint=new_phone.endpoint)

    assert printed.startswith(f"trying {STAGE}, which was set up last\n")
    assert "the test call went well: 2 turns" in printed
    assert printed.endswith("ready\n")
