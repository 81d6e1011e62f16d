"""The soft phone in a real browser: a person rings, is rung, talks, presses keys, hangs up."""

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Locator, expect

from chalicelib.providers import registry
from tests.browser.browsing import Visit, barriers
from tests.browser.conftest import OpenBrowser
from tests.phone import Phone, a_phone, words

SPEED: Final = 4.0
"""A person needs time, and so does a browser on a busy machine."""
OPENING: Final = "Hello, can you hear me?"

# A browser's own speech functions, as far as the page uses them; <html> tells what they do.
SPEECH: Final = """
const told = () => document.documentElement.dataset;
let ear = null;
Object.defineProperty(window, "speechSynthesis", {value: {
  speak(words) {
    told().spoken = `${told().spoken ?? ""}${words.lang}: ${words.text}\\n`;
    setTimeout(() => words.onend(), 1);
  },
  cancel() {},
}});
window.SpeechRecognition = class {
  start() { ear = this; told().ear = "open"; }
  abort() { told().ear = "closed"; setTimeout(() => this.onend(), 1); }
};
window.sayAloud = text => ear.onresult({results: [[{transcript: text}]]});
"""
NO_SPEECH: Final = """
delete window.SpeechRecognition;
delete window.webkitSpeechRecognition;
delete window.speechSynthesis;
"""


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with a_phone(max_duration_secs=1200, speed=SPEED, telnyx={}, plivo={}) as running:
        yield running


@pytest.fixture
def handset(visit: Visit) -> Visit:
    return pick_up(visit)


def pick_up(visit: Visit) -> Visit:
    visit.sign_in("phone")
    expect(state(visit)).to_have_text("Ready: calls to any number ring here.")
    return visit


def state(visit: Visit) -> Locator:
    return visit.page.get_by_role("status")


def conversation(visit: Visit) -> Locator:
    return visit.page.get_by_role("log")


def is_my_turn(visit: Visit) -> None:
    expect(visit.page.get_by_text("Your turn.", exact=True)).to_be_visible()


def say(visit: Visit, text: str) -> None:
    visit.page.get_by_label("What you say").fill(text)
    visit.button("Say").click()
    expect(conversation(visit)).to_contain_text(text)


def be_called(visit: Visit, opening: str = OPENING) -> None:
    visit.page.get_by_label("What the agent says first").fill(opening)
    visit.button("Have the agent call me").click()
    visit.button("Answer").click()


def newest_call(phone: Phone) -> str:
    return str(phone.rpc.ask("voicecall.history", limit=1)["calls"][0]["call_id"])


@pytest.mark.parametrize("carrier", list(registry.PROVIDERS))
def test_a_person_is_rung_and_talks(handset: Visit, phone: Phone, carrier: str) -> None:
    handset.page.get_by_label("Carrier").select_option(carrier)
    be_called(handset)

    expect(state(handset)).to_contain_text("Connected with +1555010")
    expect(conversation(handset)).to_contain_text(OPENING)
    is_my_turn(handset)
    say(handset, "I would like an appointment on Tuesday")
    expect(conversation(handset)).to_contain_text("Tuesday, all right")
    is_my_turn(handset)
    handset.button("Hang up").click()

    expect(state(handset)).to_contain_text("The call is over")
    call = phone.over(newest_call(phone))
    assert call["account"] == carrier
    assert ("user", "I would like an appointment on Tuesday") in words(call)


@pytest.mark.parametrize("carrier", list(registry.PROVIDERS))
def test_a_person_rings_the_agent(handset: Visit, phone: Phone, carrier: str) -> None:
    handset.page.get_by_label("Carrier").select_option(carrier)
    handset.button("Call the agent").click()

    expect(conversation(handset)).to_contain_text("Hello! How can I help?")
    is_my_turn(handset)
    say(handset, "Goodbye")

    expect(state(handset)).to_contain_text("The call is over")
    call = phone.over(newest_call(phone))
    assert (call["direction"], call["account"]) == ("inbound", carrier)


def test_keys_reach_the_agent(handset: Visit, phone: Phone) -> None:
    be_called(handset)
    is_my_turn(handset)

    for digit in "42":
        handset.button(digit).click()
    handset.button("hash").click()

    expect(conversation(handset)).to_contain_text("I heard the keys 4 and 2")
    expect(handset.page.locator(".user.dtmf .line-text")).to_have_text(["42#"])
    handset.button("Hang up").click()
    assert ("user", "42") in words(phone.over(newest_call(phone)))


def test_keys_keep_their_order_though_the_first_is_late(handset: Visit) -> None:
    be_called(handset)
    is_my_turn(handset)
    held = handset.keep_back("**/press")
    handset.button("4").click()
    handset.button("2").click()
    handset.button("hash").click()

    held[0].continue_()

    expect(handset.page.locator(".user.dtmf .line-text")).to_have_text(["42#"])
    handset.button("Hang up").click()


def test_by_keyboard_alone_a_person_has_a_whole_conversation(handset: Visit, phone: Phone) -> None:
    press = handset.page.keyboard.press
    go_to(handset, "Have the agent call me", press)
    press("Enter")
    expect(handset.button("Answer")).to_be_focused()
    press("Enter")
    expect(handset.page.get_by_label("What you say")).to_be_focused()
    is_my_turn(handset)
    handset.page.keyboard.type("Yes, I can")
    press("Enter")
    expect(conversation(handset)).to_contain_text("Yes, I can")
    is_my_turn(handset)
    go_to(handset, "1", press)
    press("ArrowRight")
    assert handset.focused().startswith("2")
    handset.page.keyboard.type("7#")
    expect(handset.page.locator(".user.dtmf .line-text")).to_have_text(["7#"])
    expect(handset.page.locator(".bot").nth(2)).to_be_visible()
    go_to(handset, "Hang up", lambda _: press("Shift+Tab"))
    press("Enter")

    expect(state(handset)).to_contain_text("The call is over")
    expect(handset.button("Have the agent call me")).to_be_focused()
    assert ("user", "7") in words(phone.over(newest_call(phone)))


def go_to(visit: Visit, name: str, press: Callable[[str], None]) -> None:
    for _ in range(40):
        if visit.focused().startswith(name):
            return
        press("Tab")
    pytest.fail(f"{name!r} cannot be reached by keyboard")


def test_what_is_said_while_nobody_listens_is_marked(handset: Visit, phone: Phone) -> None:
    phone.initiate(phone.new_number(), "This is only a message. " * 20, mode="notify")
    handset.button("Answer").click()
    expect(conversation(handset)).to_contain_text("This is only a message.")

    say(handset, "May I ask something?")

    expect(handset.page.locator(".line.user")).to_contain_text("Nobody was listening.")
    handset.button("Hang up").click()
    expect(state(handset)).to_contain_text("The call is over")


def test_a_call_can_be_declined(handset: Visit, phone: Phone) -> None:
    handset.button("Have the agent call me").click()
    expect(handset.page).to_have_title("Ringing: Soft phone · moltis phone")
    handset.button("Decline").click()

    expect(state(handset)).to_contain_text("The call is over")
    assert phone.over(newest_call(phone))["end_reason"] in {"no_answer", "busy"}


def test_whoever_is_not_let_in_is_told_why(handset: Visit) -> None:
    handset.page.get_by_text("This telephone").click()
    handset.page.get_by_label("Your number").fill("+1 (555) 765-4321")
    handset.button("Take this number").click()
    handset.button("Call the agent").click()

    expect(state(handset)).to_contain_text("The agent did not take the call")
    expect(handset.page.get_by_text("twilio takes calls from the numbers")).to_be_visible()


def test_a_number_is_checked_beside_its_field(handset: Visit) -> None:
    handset.page.get_by_text("This telephone").click()
    number = handset.page.get_by_label("Your number")

    number.fill("555")
    handset.button("Take this number").click()

    expect(handset.page.get_by_text("A number is written like +15559876543.")).to_be_visible()
    expect(number).to_be_focused()
    number.fill("+15550009999")
    handset.page.get_by_label("Every other number rings here, too").uncheck()
    handset.button("Take this number").click()
    expect(state(handset)).to_have_text("Ready: calls to +15550009999 ring here.")


def test_a_reloaded_page_is_still_in_its_call(handset: Visit) -> None:
    be_called(handset)
    is_my_turn(handset)

    handset.page.reload()

    expect(state(handset)).to_contain_text("Connected with")
    expect(conversation(handset)).to_contain_text(OPENING)
    handset.button("Hang up").click()
    expect(state(handset)).to_contain_text("The call is over")


def test_the_browser_speaks_and_listens_where_it_can(visit: Visit, phone: Phone) -> None:
    visit.page.add_init_script(SPEECH)
    pick_up(visit)
    visit.page.get_by_text("This telephone").click()
    listen = visit.page.get_by_label("Listen to me when it is my turn")
    expect(listen).not_to_be_checked()
    listen.check()
    be_called(visit)

    told = visit.page.locator("html")
    expect(told).to_have_attribute("data-ear", "open")
    visit.page.evaluate("sayAloud('I would like an appointment on Tuesday')")

    expect(conversation(visit)).to_contain_text("Tuesday, all right")
    expect(told).to_have_attribute(
        "data-spoken", re.compile(f"^en-US: {re.escape(OPENING)}\nen-US")
    )
    visit.button("Hang up").click()
    expect(told).to_have_attribute("data-ear", "closed")
    assert words(phone.over(newest_call(phone)))[1][0] == "user"


def test_a_browser_without_speech_functions_says_so(visit: Visit) -> None:
    visit.page.add_init_script(NO_SPEECH)
    pick_up(visit)
    visit.page.get_by_text("This telephone").click()

    expect(visit.page.get_by_label("Ring, and speak what the agent says")).to_be_disabled()
    expect(visit.page.get_by_label("Listen to me when it is my turn")).to_be_disabled()
    expect(visit.page.get_by_text("This browser cannot turn speech into text")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_telephone_keeps_nobody_out_and_fits(
    browse: OpenBrowser, scheme: str, width: int
) -> None:
    visit = pick_up(browse(color_scheme=scheme, viewport={"width": width, "height": 844}))
    visit.page.get_by_text("This telephone").click()

    assert barriers(visit.page) == []
    assert not visit.overflows()
    be_called(visit)
    is_my_turn(visit)
    say(visit, "Hello")
    assert barriers(visit.page) == []
    assert not visit.overflows()
    visit.button("Hang up").click()
    expect(state(visit)).to_contain_text("The call is over")
