"""Credentials and tokens on the page: stored, shown once or never, taken away."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from chalicelib import wiring
from chalicelib.calls.call import State, new_call_id
from tests.browser.browsing import Visit
from tests.builders import a_call
from tests.phone import Phone, a_phone

TOKEN = "fedcba9876543210fedcba9876543210"


@pytest.fixture
def phone() -> Iterator[Phone]:
    with a_phone(max_duration_secs=1200) as running:
        yield running


@pytest.fixture
def page(visit: Visit) -> Visit:
    visit.sign_in("settings/phone")
    expect(visit.page.locator("#changes li").first).to_be_visible()
    return visit


def secret(page: Visit, key: str) -> Locator:
    return page.page.locator(f'.secret[data-key="{key}"]')


def store(page: Visit, name: str, value: str) -> None:
    page.button(f"Store {name}").first.click()
    page.page.get_by_label(f"New {name}").locator("visible=true").fill(value)
    page.page.keyboard.press("Enter")


def test_a_stored_credential_shows_its_ending_and_never_itself(page: Visit) -> None:
    one = secret(page, "phone.twilio.auth_token")

    store(page, "Auth token", TOKEN)

    expect(one).to_contain_text("Stored, ends in 3210, just now")
    assert TOKEN not in page.page.content()
    assert page.page.locator("input").evaluate_all("all => all.map(e => e.value)").count(TOKEN) == 0
    page.page.reload()
    expect(one).to_contain_text("Stored, ends in 3210")
    assert TOKEN not in page.page.content()


def test_storing_a_credential_does_not_disturb_what_is_being_edited(page: Visit) -> None:
    page.page.get_by_label("Voice", exact=True).fill("Polly.Amy")

    store(page, "Auth token", TOKEN)
    expect(secret(page, "phone.twilio.auth_token")).to_contain_text("Stored")
    actions = [one["action"] for one in page.phone.rpc.ask("audit.list")["entries"]]
    assert actions == ["secrets stored", "gateway started"]
    assert page.page.locator("form form").count() == 0
    page.button("Save").click()

    expect(page.page.locator("#status")).to_contain_text("Saved as version 3")


def test_a_credential_is_replaced_and_removed_after_a_question(page: Visit) -> None:
    one = secret(page, "phone.twilio.auth_token")
    store(page, "Auth token", TOKEN)
    expect(one).to_contain_text("ends in 3210")

    page.button("Replace Auth token").click()
    page.page.get_by_label("New Auth token").locator("visible=true").fill(TOKEN[::-1])
    page.button("Keep").click()
    expect(one).to_contain_text(f"ends in {TOKEN[::-1][-4:]}")
    page.button("Remove Auth token").click()
    page.button("Cancel").last.click()
    expect(one).to_contain_text("Stored")
    page.button("Remove Auth token").click()
    page.page.get_by_role("dialog").get_by_role("button", name="Remove").click()

    expect(one).to_contain_text("Not stored")


def test_before_a_credential_is_removed_it_is_said_what_becomes_of_live_calls(page: Visit) -> None:
    store(page, "Auth token", TOKEN)
    dialog = page.page.get_by_role("dialog")

    page.button("Remove Auth token").click()
    expect(dialog).to_contain_text("No call of this account is live.")
    dialog.get_by_role("button", name="Cancel").click()
    live = a_call(call_id=new_call_id(), state=State.LISTENING, started_at=wiring.now())
    wiring.calls().create(live)
    page.button("Remove Auth token").click()

    expect(dialog).to_contain_text(
        "1 call of this account is live: we can then neither speak nor hang up"
    )
    dialog.get_by_role("button", name="Cancel").click()
    expect(secret(page, "phone.twilio.auth_token")).to_contain_text("Stored")
    store(page, "Agent API key", TOKEN)
    page.button("Remove Agent API key").click()
    expect(dialog).to_contain_text("refuses us from the next sentence on")


def test_the_button_that_tests_credentials_says_what_the_carrier_says(page: Visit) -> None:
    carriers = page.phone.gateway.carriers
    opened = carriers.open_account("twilio", "+15550006001")
    version = page.phone.rpc.ask("phone.settings")["version"]
    changes = {"phone.twilio.api_base_url": opened.api_base_url}
    page.phone.rpc.ask("phone.save", version=version, changes=changes)
    verdict = page.page.locator("#carrier-twilio .test .notice")

    store(page, "Account SID", opened.owned.credentials["account_sid"])
    store(page, "Auth token", TOKEN)
    expect(secret(page, "phone.twilio.account_sid")).to_contain_text("Stored, ends in")
    expect(secret(page, "phone.twilio.auth_token")).to_contain_text("ends in 3210")
    page.button("Test the credentials of Twilio").click()
    expect(verdict).to_contain_text("does not know these credentials")
    page.button("Replace Auth token").click()
    right = opened.owned.credentials["auth_token"]
    page.page.get_by_label("New Auth token").locator("visible=true").fill(right)
    page.button("Keep").locator("visible=true").click()
    expect(secret(page, "phone.twilio.auth_token")).to_contain_text(f"ends in {right[-4:]}")
    page.button("Test the credentials of Twilio").click()

    expect(verdict).to_contain_text("The credentials are right")
    expect(verdict).to_contain_text("+15550006001")
    assert right not in page.page.content()


def test_who_types_the_next_credential_keeps_the_keyboard(page: Visit) -> None:
    held = page.keep_back("**/rpc", "phone.secrets.set")
    store(page, "Account SID", "AC" + TOKEN)
    expect(page.page.get_by_label("New Account SID").locator("visible=true")).to_be_visible()
    page.button("Store Auth token").first.click()
    typed = page.page.get_by_label("New Auth token").locator("visible=true")
    typed.press_sequentially(TOKEN[:16])

    held[0].continue_()
    expect(secret(page, "phone.twilio.account_sid")).to_contain_text("Stored, ends in")

    expect(typed).to_be_focused()
    page.page.keyboard.type(TOKEN[16:])
    page.page.keyboard.press("Enter")
    expect(secret(page, "phone.twilio.auth_token")).to_contain_text("Stored, ends in 3210")


def test_of_two_credentials_that_are_kept_at_once_neither_is_lost(page: Visit) -> None:
    held = page.keep_back("**/rpc", "phone.secrets.set")
    store(page, "Account SID", "AC" + TOKEN)
    store(page, "Auth token", TOKEN)
    held[0].continue_()

    expect(secret(page, "phone.twilio.account_sid")).to_contain_text("Stored, ends in")
    expect(secret(page, "phone.twilio.auth_token")).to_contain_text("Stored, ends in 3210")


def test_an_empty_credential_is_refused_beside_its_field(page: Visit) -> None:
    store(page, "Auth token", "  ")

    expect(secret(page, "phone.twilio.auth_token").locator(".fault")).to_have_text("Enter a value.")


def test_a_new_token_is_shown_once_and_can_be_revoked(page: Visit) -> None:
    page.page.get_by_label("Name of a new token").fill("the night shift")
    page.page.get_by_label("Scope").select_option("write")
    page.button("Create token").click()
    shown = page.page.get_by_label("Token of the night shift")
    expect(shown).to_be_focused()
    text = shown.input_value()
    listed = page.page.locator("#tokens")
    expect(listed).to_contain_text("the night shift")

    page.button("Done").click()

    assert text.startswith("mp_")
    assert text not in page.page.content()
    page.page.locator("#tokens li").filter(has_text="the night shift").get_by_role("button").click()
    page.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(listed).not_to_contain_text("the night shift")
    expect(page.page.locator("#changes")).to_contain_text("Token revoked")


def test_a_token_without_a_name_is_not_made(page: Visit) -> None:
    page.button("Create token").click()

    expect(page.page.locator("#token-fault")).to_have_text("Give it a name.")
    expect(page.page.get_by_label("Name of a new token")).to_be_focused()


def test_the_last_token_that_may_write_stays_and_the_page_says_why(page: Visit) -> None:
    page.page.locator("#tokens li").get_by_role("button").click()
    page.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()

    expect(page.page.locator("#faults")).to_contain_text("create another one first")
