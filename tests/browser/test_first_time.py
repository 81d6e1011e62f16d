"""Somebody who has never seen the project does what the README says, and nothing else."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from moltis.gateway import running
from moltis.rpc_client import GatewayAddress, RpcClient
from tests.browser.browsing import Visit
from tests.docs.pages import ROOT, sections
from tests.phone import Phone, words


@pytest.fixture
def phone() -> Iterator[Phone]:
    """A gateway that nobody has configured."""
    with running(None, speed=4) as gateway:
        rpc = RpcClient(GatewayAddress(gateway.url, gateway.token))
        yield Phone(gateway, rpc)
        rpc.close()


def told() -> list[str]:
    """Which buttons the README says are to be pressed, in turn."""
    text = sections(ROOT / "README.md")["Talk to it now"]
    return re.findall(r"\*([A-Z][\w ]+)\*", text.partition("and talk")[0].replace("**", ""))


def test_the_buttons_that_the_readme_names_lead_to_a_conversation(
    visit: Visit, phone: Phone
) -> None:
    buttons = told()
    assert len(buttons) > 1

    visit.open("phone", token=phone.gateway.token)
    for button in buttons:
        visit.button(button).click()
    expect(visit.page.get_by_text("Your turn.", exact=True)).to_be_visible()
    visit.page.get_by_label("What you say").fill("I would like an appointment on Tuesday")
    visit.button("Say").click()

    expect(visit.page.get_by_role("log")).to_contain_text("Tuesday, all right")
    (call,) = phone.rpc.ask("voicecall.history")["calls"]
    visit.button("Hang up").click()
    over = phone.over(call["call_id"])
    assert ("user", "I would like an appointment on Tuesday") in words(over)


def test_it_can_be_called_once_the_settings_let_everybody_in(visit: Visit) -> None:
    visit.sign_in("settings/phone")
    visit.page.get_by_label("Inbound calls").select_option(label="Everybody may call")
    visit.button("Save").click()
    expect(visit.page.locator("#status")).to_contain_text("Saved as version")

    visit.page.get_by_role("link", name="Soft phone").click()
    visit.button("Call the agent").click()

    expect(visit.page.get_by_role("log")).to_contain_text("Hello! How can I help?")
    visit.button("Hang up").click()
    expect(visit.page.get_by_role("status").first).to_contain_text("The call is over")
