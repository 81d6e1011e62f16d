"""The page of settings: every field, every fault, saved, read again, and met by somebody else."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.browsing import Visit, barriers
from tests.browser.conftest import OpenBrowser
from tests.phone import Json, Phone, a_phone

SETTINGS = "settings/phone"
OPEN_ABOVE = """element => {
  for (let place = element.parentElement; place; place = place.parentElement) {
    if (place.tagName === "DETAILS") { place.open = true; }
  }
}"""
OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true; })"


@pytest.fixture
def phone() -> Iterator[Phone]:
    with a_phone(max_duration_secs=1200) as running:
        yield running


@pytest.fixture
def page(visit: Visit) -> "SettingsPage":
    return SettingsPage(visit)


class SettingsPage:
    def __init__(self, visit: Visit, token: str = "") -> None:
        self.visit = visit
        visit.sign_in(SETTINGS, token)
        expect(visit.page.locator("#changes li").first).to_be_visible()

    def field(self, key: str) -> Locator:
        return self.visit.page.locator(f'.field[data-key="{key}"]')

    def control(self, key: str) -> Locator:
        control = self.field(key).locator("input, select, textarea").first
        # What stands in a closed part of the page is opened first.
        control.evaluate(OPEN_ABOVE)
        return control

    def save(self) -> None:
        self.visit.button("Save").click()

    def saved(self) -> None:
        self.save()
        expect(self.visit.page.locator("#status")).to_contain_text("Saved as version")
        expect(self.visit.button("Save")).to_be_disabled()

    def table(self) -> Json:
        return dict(self.visit.phone.rpc.ask("phone.settings")["settings"]["phone"])

    def fault(self, key: str) -> Locator:
        return self.field(key).locator(".fault")


CARRIERS_VOICES = {
    "phone.twilio.voice": "Polly.Amy",
    "phone.telnyx.voice": "female",
    "phone.plivo.voice": "WOMAN",
}


def schema(phone: Phone) -> list[Json]:
    return [
        one
        for one in phone.rpc.ask("phone.schema")["settings"]
        if one["kind"] != "secret" and "*" not in one["key"]
    ]


def another(one: Json) -> Any:
    """A value for a key of the schema that is not its default."""
    default = one["default"]
    known = {
        "boolean": default is False,
        "choice": next((value for value in one.get("choices", ()) if value != default), None),
        "whole": one.get("low") if default != one.get("low") else one.get("high"),
        "seconds": one.get("low") if default != one.get("low") else one.get("high"),
        "telephone": "+15550001111",
        "address": "https://phone.example.com",
        "telephones": ["+15550002222"],
        "prefixes": ["+44"],
        "texts": ["One moment.", "I am looking for it."],
    }
    if one["key"].endswith("language"):
        return "de-DE"
    if one["key"] in CARRIERS_VOICES:
        return CARRIERS_VOICES[one["key"]]
    words = "Words of mine"
    return known.get(one["kind"], ["Words of mine."] if isinstance(default, list) else words)


def enter(page: SettingsPage, one: Json, value: Any) -> None:
    control = page.control(one["key"])
    match value:
        case bool():
            control.set_checked(value)
        case list():
            for old in page.field(one["key"]).locator(".chip button").all()[::-1]:
                old.click()
            for item in value:
                control.fill(item)
                control.press("Enter")
        case _ if one["kind"] == "choice":
            control.select_option(value)
        case _:
            control.fill(str(value))


def test_every_field_can_be_set_saved_and_read_again(page: SettingsPage) -> None:
    # An agent of another kind, and an account that stands in, want more than one key.
    wanted = {
        one["key"]: (one, another(one))
        for one in schema(page.visit.phone)
        if not one["key"].endswith(".fallback")
    }
    assert len(wanted) > 25

    for one, value in wanted.values():
        enter(page, one, value)
    page.saved()
    page.visit.page.reload()
    expect(page.visit.page.locator("#changes li").first).to_be_visible()

    kept = page.visit.phone.rpc.ask("phone.settings")["settings"]
    for key, (one, value) in wanted.items():
        found: Any = kept
        for step in key.split("."):
            found = found[step]
        assert found == value, key
        control = page.control(key)
        match value:
            case bool():
                expect(control).to_be_checked(checked=value)
            case list():
                expect(page.field(key).locator(".chip span")).to_have_text(value)
            case _:
                expect(control).to_have_value(str(value))
        assert one["key"] == key


def test_a_field_that_is_emptied_has_its_default_again(page: SettingsPage) -> None:
    page.control("phone.max_duration_secs").fill("")

    page.saved()

    assert "max_duration_secs" not in page.table()
    expect(page.control("phone.max_duration_secs")).to_have_attribute("placeholder", "3600")


FAULTY: Final = {
    "phone.max_duration_secs": "many",
    "phone.ring_timeout_secs": "1",
    "phone.notify_hangup_delay_secs": "61",
    "phone.inbound_greeting": "***",
    "phone.agent.base_url": "http://example.com",
    "phone.agent.reply_budget_secs": "11",
    "phone.agent.timeout_secs": "0",
    "phone.tts.base_url": "https://example.com/?key=1",
    "phone.outbound.max_concurrent_calls": "0",
    "phone.outbound.max_calls_per_day": "1.5",
    "phone.outbound.max_calls_per_day_per_number": "-1",
    "phone.twilio.from_number": "12",
    "phone.twilio.webhook_url": "https://user@example.com",
    "phone.twilio.api_base_url": "https://169.254.169.254",
    "phone.twilio.fallback": "twilio",
    "phone.telnyx.from_number": "+1",
    "phone.telnyx.webhook_url": "ftp://example.com",
    "phone.telnyx.api_base_url": "https://example.com/#there",
    "phone.telnyx.fallback": "nobody",
    "phone.plivo.from_number": "555",
    "phone.plivo.webhook_url": "example.com",
    "phone.plivo.api_base_url": "nowhere",
    "phone.plivo.fallback": "nobody",
}
FAULTY_ITEMS: Final = {
    "phone.allowlist": "5550007777",
    "phone.agent.fillers": "One moment.",
    "phone.agent.transfer_to": "the boss",
    "phone.outbound.allow": "49",
    "phone.outbound.deny": "+4x",
}
NEVER_WRONG: Final = {"boolean", "choice", "prose", "text"}


def test_every_fault_stands_beside_its_field_and_is_announced(page: SettingsPage) -> None:
    before = page.table()
    for key, text in FAULTY.items():
        page.control(key).fill(text)
    for key, text in FAULTY_ITEMS.items():
        page.control(key).fill(text)
        page.control(key).press("Enter")

    page.save()

    summary = page.visit.page.locator("#faults")
    faulty = [*FAULTY, *FAULTY_ITEMS]
    expect(summary).to_contain_text(f"{len(faulty)} fields need your attention")
    assert summary.get_attribute("role") == "alert"
    for key in faulty:
        expect(page.fault(key)).to_be_visible()
        control = page.control(key)
        expect(control).to_have_attribute("aria-invalid", "true")
        described = (control.get_attribute("aria-describedby") or "").split()
        assert page.fault(key).get_attribute("id") in described
    named = summary.locator("li").all_inner_texts()
    first = page.visit.page.locator('.field[data-key] [aria-invalid="true"]').first
    expect(first).to_be_focused()
    assert named[0].startswith(page.visit.focused())
    assert page.table() == before


def test_every_field_that_can_be_wrong_was(phone: Phone) -> None:
    # A language that is left blank is the default again.
    can_be = {
        one["key"]
        for one in schema(phone)
        if one["kind"] not in NEVER_WRONG and not one["key"].endswith("language")
    }

    assert can_be <= FAULTY.keys() | FAULTY_ITEMS.keys()


def test_a_mended_fault_is_gone_and_the_rest_is_saved(page: SettingsPage) -> None:
    page.control("phone.max_duration_secs").fill("0")
    page.control("phone.voice").fill("Polly.Amy")
    page.save()
    expect(page.fault("phone.max_duration_secs")).to_be_visible()

    page.control("phone.max_duration_secs").fill("90")
    page.saved()

    expect(page.fault("phone.max_duration_secs")).to_be_hidden()
    expect(page.visit.page.locator("#faults")).to_be_hidden()
    assert (page.table()["max_duration_secs"], page.table()["voice"]) == (90, "Polly.Amy")


def test_the_allowlist_takes_numbers_and_nothing_else(page: SettingsPage) -> None:
    chips = page.field("phone.allowlist").locator(".chip span")
    control = page.control("phone.allowlist")

    control.fill("+1 (555) 000-7777")
    control.press("Enter")
    control.fill("5550007777")
    control.press("Enter")

    expect(page.fault("phone.allowlist")).to_contain_text("international form")
    expect(control).to_be_focused()
    expect(chips).to_have_text(["+15559876543", "+15550007777"])
    page.save()
    expect(page.visit.page.locator("#faults")).to_contain_text("1 field needs")
    control.fill("")
    page.visit.button("Remove +15559876543").click()
    page.saved()
    assert page.table()["allowlist"] == ["+15550007777"]


def test_what_somebody_else_saved_meanwhile_is_shown_and_nothing_is_lost(
    page: SettingsPage,
) -> None:
    page.control("phone.voice").fill("Polly.Amy")
    version = page.visit.phone.rpc.ask("phone.settings")["version"]
    changes = {"phone.language": "de-DE"}
    page.visit.phone.rpc.ask("phone.save", version=version, changes=changes)

    page.save()
    conflict = page.visit.page.locator("#conflict")
    expect(conflict).to_contain_text("gateway saved version 2 while you were editing")
    expect(conflict).to_contain_text('Language: "de-DE"')
    expect(conflict).to_be_focused()
    expect(page.control("phone.voice")).to_have_value("Polly.Amy")
    page.visit.button("Save my changes as well").click()

    expect(page.visit.page.locator("#status")).to_contain_text("Saved as version 3")
    assert (page.table()["voice"], page.table()["language"]) == ("Polly.Amy", "de-DE")


def test_of_two_browsers_the_later_one_may_take_what_the_earlier_one_saved(
    page: SettingsPage, browse: OpenBrowser
) -> None:
    other = SettingsPage(browse())
    other.control("phone.voice").fill("Polly.Brian")
    other.saved()
    page.control("phone.voice").fill("Polly.Amy")

    page.save()
    page.visit.button("Load what was saved").click()

    expect(page.control("phone.voice")).to_have_value("Polly.Brian")
    expect(page.visit.button("Save")).to_be_disabled()
    assert page.table()["voice"] == "Polly.Brian"


def test_an_account_that_stands_in_is_set_and_must_be_another_one_that_there_is(
    page: SettingsPage,
) -> None:
    fallback = page.control("phone.twilio.fallback")
    fallback.fill("reserve")
    page.save()
    expect(page.fault("phone.twilio.fallback")).to_contain_text("must be another account")
    expect(fallback).to_be_focused()

    page.visit.page.get_by_label("Name to add to accounts").fill("reserve")
    page.visit.button("Add to further accounts").click()
    page.control("phone.accounts.reserve.provider").select_option("plivo")
    page.saved()

    expect(page.control("phone.twilio.fallback")).to_have_value("reserve")
    assert page.table()["twilio"]["fallback"] == "reserve"


def test_a_further_account_is_added_and_taken_out_again(page: SettingsPage) -> None:
    page.visit.page.get_by_label("Name to add to accounts").fill("reserve")
    page.visit.button("Add to further accounts").click()
    page.control("phone.accounts.reserve.provider").select_option("plivo")
    page.control("phone.accounts.reserve.from_number").fill("+15550003333")
    page.saved()
    kept = page.table()["accounts"]
    page.visit.button("Remove reserve").click()
    page.saved()

    assert kept == {"reserve": {"provider": "plivo", "from_number": "+15550003333"}}
    assert not page.table().get("accounts")


def test_a_number_is_added_edited_and_taken_out_again(page: SettingsPage) -> None:
    line = "phone.numbers.+15550004444"
    add = page.visit.page.get_by_label("Number to add")
    add.fill("+1 (555) 000-4444")
    add.press("Enter")
    expect(page.control(f"{line}.inbound_greeting")).to_be_focused()
    page.control(f"{line}.inbound_greeting").fill("Krume, guten Tag.")
    page.control(f"{line}.language").fill("de-DE")
    page.control(f"{line}.tts.provider").select_option("polly")
    page.saved()
    kept = page.table()["numbers"]
    page.control(f"{line}.agent.system_prompt").fill("You bake bread.")
    page.control(f"{line}.tts.provider").select_option("")
    page.saved()
    edited = page.table()["numbers"]
    page.visit.button("Remove +15550004444").click()
    expect(add).to_be_focused()
    page.saved()

    greeting = {"inbound_greeting": "Krume, guten Tag.", "language": "de-DE"}
    assert kept == {"+15550004444": {**greeting, "tts": {"provider": "polly"}}}
    assert edited["+15550004444"]["agent"] == {"system_prompt": "You bake bread."}
    assert not edited["+15550004444"].get("tts")
    assert not page.table().get("numbers")


def test_what_is_wrong_with_a_number_stands_beside_it(page: SettingsPage) -> None:
    line = "phone.numbers.+15550004444"
    add = page.visit.page.get_by_label("Number to add")
    for number in ("+15550004444", "5550004444"):
        add.fill(number)
        page.visit.button("Add to numbers").click()
    page.control(f"{line}.inbound_greeting").fill("***")
    page.save()

    expect(page.fault(f"{line}.inbound_greeting")).to_contain_text("can be spoken")
    page.control(f"{line}.inbound_greeting").fill("Hello.")
    page.save()
    other = page.visit.page.locator('[data-prefix="phone.numbers.5550004444"] > .fault')
    expect(other).to_contain_text("international form")
    assert not page.table().get("numbers")
    add.fill("+15550004444")
    page.visit.button("Add to numbers").click()
    expect(page.visit.page.locator("#named-numbers-fault")).to_contain_text("is there already")


def test_discarding_brings_back_what_is_saved(page: SettingsPage) -> None:
    page.control("phone.voice").fill("Polly.Amy")
    expect(page.visit.page.get_by_text("1 change not saved.")).to_be_visible()

    page.visit.button("Discard").click()

    expect(page.control("phone.voice")).to_have_value("")
    expect(page.visit.page.get_by_text("Everything is saved.")).to_be_visible()


def test_a_reader_sees_everything_and_can_change_nothing(phone: Phone, browse: OpenBrowser) -> None:
    made = phone.rpc.ask("tokens.create", name="a screen", scope="read")
    page = SettingsPage(browse(), made["token"])

    expect(page.visit.page.get_by_text("may look and change nothing")).to_be_visible()
    expect(page.control("phone.max_duration_secs")).to_be_disabled()
    expect(page.control("phone.max_duration_secs")).to_have_value("1200")
    expect(page.visit.page.locator("#save")).to_be_hidden()


def test_by_keyboard_alone_a_setting_is_changed_and_saved(page: SettingsPage) -> None:
    keyboard = page.visit.page.keyboard
    for _ in range(120):
        if page.visit.focused() == "Voice":
            break
        keyboard.press("Tab")
    keyboard.type("Polly.Amy")
    keyboard.press("Enter")

    expect(page.visit.page.locator("#status")).to_contain_text("Saved as version")
    assert page.table()["voice"] == "Polly.Amy"


def test_every_control_has_a_name(page: SettingsPage) -> None:
    page.visit.page.evaluate(OPEN_ALL)

    nameless = page.visit.page.evaluate(
        "[...document.querySelectorAll('#page input, #page select, #page textarea, #page button')]"
        ".filter(e => !(e.labels?.[0]?.textContent || e.ariaLabel || e.textContent).trim())"
        ".map(e => e.outerHTML)"
    )

    assert nameless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_keeps_nobody_out_and_fits(browse: OpenBrowser, scheme: str, width: int) -> None:
    page = SettingsPage(browse(color_scheme=scheme, viewport={"width": width, "height": 844}))
    page.visit.page.get_by_label("Number to add").fill("+15550004444")
    page.visit.button("Add to numbers").click()
    page.visit.page.evaluate(OPEN_ALL)
    page.control("phone.max_duration_secs").fill("0")
    page.save()
    expect(page.fault("phone.max_duration_secs")).to_be_visible()

    assert barriers(page.visit.page) == []
    assert not page.visit.overflows()


def test_the_greeting_can_be_heard_and_it_is_said_whose_voice_it_is(page: SettingsPage) -> None:
    page.control("phone.language").fill("de-DE")
    page.control("phone.inbound_greeting").fill("Guten Tag!")
    page.visit.page.evaluate(
        "void (window.speechSynthesis.speak = one => { window.said = [one.text, one.lang] })"
    )

    page.visit.button("Play the greeting").click()

    assert page.visit.page.evaluate("window.said") == ["Guten Tag!", "de-DE"]
    expect(page.visit.page.get_by_text(re.compile("Your browser speaks"))).to_be_visible()
