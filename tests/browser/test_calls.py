"""The pages of calls in a real browser: placed, watched, steered, ended, found again."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Locator, Request, expect

from chalicelib import wiring
from chalicelib.calls.call import State, new_call_id
from chalicelib.store.base import Scope
from chalicelib.tokens import make_token
from moltis.carriers.line import HangsUp, NeverPicksUp, Says, StaysSilent
from tests.browser.browsing import Visit, barriers, masked
from tests.browser.conftest import OpenBrowser
from tests.builders import a_call
from tests.phone import CALLER, STRANGER, Phone, a_phone, audible, words

SPEED: Final = 8.0


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with a_phone(max_duration_secs=1200, speed=SPEED, telnyx={}) as running:
        yield running


@pytest.fixture
def desk(visit: Visit) -> Visit:
    visit.sign_in("calls")
    expect(visit.page.get_by_label("Account", exact=True).first).to_have_value("twilio")
    return visit


def a_patient_person(phone: Phone) -> str:
    """Somebody who answers, and stays until somebody else hangs up."""
    return phone.far_end(Says("Good morning."), *(StaysSilent() for _ in range(20)))


def card(visit: Visit, number: str) -> Locator:
    return visit.page.get_by_role("article", name=masked(number))


def row(visit: Visit, number: str) -> Locator:
    return visit.page.get_by_role("row").filter(has_text=masked(number))


def place(visit: Visit, number: str, message: str = "Hello, it is me.") -> Locator:
    visit.page.get_by_label("Number", exact=True).fill(number)
    visit.page.get_by_label("First words").fill(message)
    visit.button("Call").click()
    expect(visit.page.get_by_role("status").first).to_have_text(f"Calling {masked(number)}.")
    return card(visit, number)


def test_a_call_is_placed_watched_steered_and_ended(desk: Visit, phone: Phone) -> None:
    number = a_patient_person(phone)
    live = place(desk, number)

    expect(live.get_by_role("log")).to_contain_text("Hello, it is me.")
    expect(live.get_by_role("log")).to_contain_text("Good morning.")
    expect(live).to_contain_text("listening")
    live.get_by_label("What the agent says next").fill("One more thing.")
    live.get_by_role("button", name="Say").click()
    expect(live.get_by_role("log")).to_contain_text("One more thing.")
    live.get_by_label("Keys, like").fill("1ww2#")
    live.get_by_role("button", name="Send keys").click()
    expect(live.get_by_role("log")).to_contain_text("1ww2#")
    (call,) = phone.rpc.ask("voicecall.status")["active_calls"]
    phone.until(call["call_id"], lambda call: ("bot", "12#") in audible(phone, call))
    live.get_by_role("button", name="Hang up").click()

    expect(live).to_contain_text("we hung up")
    expect(desk.page.get_by_role("status").first).to_contain_text("is over: we hung up.")
    expect(live.get_by_role("button", name="Hang up")).to_be_hidden()
    call = phone.over(newest(phone))
    assert ("bot", "One more thing.") in audible(phone, call)
    assert ("bot", "12#") in audible(phone, call)
    live.get_by_role("button", name="Put away").click()
    expect(live).to_be_hidden()
    expect(row(desk, number)).to_contain_text("we hung up")


def newest(phone: Phone) -> str:
    return str(phone.rpc.ask("voicecall.history", limit=1)["calls"][0]["call_id"])


def test_a_call_that_others_began_appears_by_itself(desk: Visit, phone: Phone) -> None:
    phone.dial_in(CALLER, Says("I have a question."), HangsUp())

    live = card(desk, CALLER)
    expect(live.get_by_role("log")).to_contain_text("I have a question.")
    expect(live).to_contain_text("inbound")
    expect(live).to_contain_text("they hung up")


def test_what_cannot_be_called_is_said_beside_its_field(desk: Visit) -> None:
    number = desk.page.get_by_label("Number", exact=True)
    number.fill("12")
    desk.page.get_by_label("What for").select_option("notify")
    desk.button("Call").click()

    expect(number).to_be_focused()
    expect(number).to_have_attribute("aria-invalid", "true")
    expect(desk.page.locator("#place-to-fault")).not_to_be_empty()
    expect(desk.page.get_by_role("alert").filter(has_text="was not placed")).to_be_visible()


def test_the_same_order_sent_twice_rings_once(desk: Visit, phone: Phone) -> None:
    number = phone.far_end(ringing=NeverPicksUp())
    desk.page.route("**/rpc", lambda route: (route.fetch(), route.abort()))
    desk.expected.add("Failed to load resource")
    desk.page.get_by_label("Number", exact=True).fill(number)
    desk.button("Call").click()
    expect(desk.page.get_by_role("alert").filter(has_text="does not answer")).to_be_visible()
    desk.page.unroute("**/rpc")

    desk.button("Call").click()

    live = card(desk, number)
    expect(live).to_contain_text("ringing")
    found = phone.rpc.ask("voicecall.history", search=number)["calls"]
    assert len(found) == 1
    live.get_by_role("button", name="Hang up").click()
    expect(live).to_contain_text("we hung up")


def test_history_is_searched_and_filtered_and_its_address_can_be_kept(
    desk: Visit, phone: Phone
) -> None:
    busy, quiet = phone.far_end(HangsUp()), phone.far_end(HangsUp())
    phone.over(phone.initiate(busy, "One.", mode="notify"))
    phone.over(phone.initiate(quiet, "Two."))
    phone.over(phone.dial_in(STRANGER))
    expect(row(desk, STRANGER)).to_contain_text("refused")

    desk.page.get_by_label("Number or id").fill(busy[-7:])
    expect(row(desk, quiet)).to_be_hidden()
    expect(row(desk, busy)).to_be_visible()
    assert f"search={busy[-7:]}" in desk.page.url
    desk.page.reload()
    expect(row(desk, busy)).to_be_visible()
    expect(row(desk, quiet)).to_be_hidden()
    desk.button("Clear").click()
    expect(row(desk, quiet)).to_be_visible()
    desk.page.get_by_label("Direction").select_option("inbound")
    expect(row(desk, quiet)).to_be_hidden()
    desk.page.get_by_label("Outcome").select_option("failed")
    expect(row(desk, STRANGER)).to_be_visible()
    desk.page.get_by_label("Until").fill("2020-01-01")
    expect(desk.page.get_by_text("No call is like that.")).to_be_visible()


def test_earlier_calls_are_fetched_when_they_are_asked_for(desk: Visit, phone: Phone) -> None:
    numbers = [phone.new_number() for _ in range(22)]
    for number in numbers:
        now = wiring.now()
        call = a_call(to_number=number, call_id=new_call_id(), state=State.BUSY, started_at=now)
        wiring.calls().record(call)
    desk.page.reload()
    expect(row(desk, numbers[-1])).to_be_visible()
    expect(row(desk, numbers[0])).to_be_hidden()

    desk.button("Earlier calls").click()

    expect(row(desk, numbers[0])).to_be_visible()


def test_one_call_has_a_page_that_tells_all_about_it(desk: Visit, phone: Phone) -> None:
    number = a_patient_person(phone)
    live = place(desk, number)
    expect(live.get_by_role("log")).to_contain_text("Good morning.")
    live.get_by_role("link", name="All about this call").click()

    page = desk.page
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Call with {number}")
    expect(page).to_have_title(f"Call with {masked(number)} · moltis phone")
    expect(page.get_by_role("log")).to_contain_text("Good morning.")
    expect(page.get_by_text("It was answered.")).to_be_visible()
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_text("The call was over: we hung up.")).to_be_visible()
    call = phone.over(newest(phone))
    expect(page.get_by_text(call["provider_call_id"])).to_be_visible()
    assert page.locator(".line-text").all_inner_texts() == [text for _, text in words(call)]
    assert barriers(page) == []
    page.get_by_role("link", name="All calls").click()
    expect(row(desk, number)).to_be_visible()


def test_the_page_of_a_call_shows_how_long_each_reply_took(visit: Visit, phone: Phone) -> None:
    script = (Says("I would like an appointment."), Says("On Tuesday."), HangsUp())
    call = phone.over(phone.initiate(phone.far_end(*script)))
    timings = [line["timing"] for line in call["transcript"] if "timing" in line]
    visit.sign_in(f"calls/{call['call_id']}")

    chart = visit.page.locator("#timings-chart li")
    totals = [f"{timing['total_ms']} ms" for timing in timings]
    assert len(totals) >= 2
    expect(chart).to_contain_text(totals)
    visit.page.get_by_text("As numbers").click()
    first = timings[0]["first_sentence_ms"]
    expect(visit.page.locator("#timings-rows tr").first).to_contain_text(f"{first} ms")
    assert barriers(visit.page) == []


def test_a_call_that_is_over_can_be_heard(visit: Visit, phone: Phone) -> None:
    call = phone.over(phone.initiate(phone.far_end(Says("Hello."), HangsUp()), account="telnyx"))
    visit.sign_in(f"calls/{call['call_id']}")

    visit.button("Play the recording").click()

    player = visit.page.locator("audio")
    expect(player).to_be_visible()
    seconds = player.evaluate(
        "one => new Promise(done => one.readyState ? done(one.duration)"
        " : one.addEventListener('loadedmetadata', () => done(one.duration)))"
    )
    assert seconds > 1
    expect(player).to_have_js_property("error", None)


def test_a_call_without_a_reply_has_no_chart(visit: Visit, phone: Phone) -> None:
    call = phone.over(phone.initiate(phone.far_end(), "Only this.", mode="notify"))
    visit.sign_in(f"calls/{call['call_id']}")

    expect(visit.page.get_by_text("The call was over: completed.")).to_be_visible()
    expect(visit.page.get_by_text("How long they waited")).to_be_hidden()


def test_a_call_that_never_was_is_said_to_be_unknown(visit: Visit) -> None:
    visit.expected.add("404")
    visit.sign_in("calls/no-such-call")

    expect(visit.page.get_by_role("alert").filter(has_text="no-such-call")).to_be_visible()


def test_whoever_may_only_read_sees_no_way_to_act(visit: Visit, phone: Phone) -> None:
    reader = make_token("reader", Scope.READ, at=wiring.now())
    wiring.tokens().add(reader.kept)
    number = a_patient_person(phone)
    call_id = phone.initiate(number)
    visit.sign_in("calls", reader.text)

    live = card(visit, number)
    expect(live.get_by_role("log")).to_contain_text("Good morning.")
    assert number not in visit.page.content()
    expect(visit.button("Call")).to_be_hidden()
    expect(live.get_by_role("button", name="Hang up")).to_be_hidden()
    phone.rpc.ask("voicecall.end", call_id=call_id)
    expect(live).to_contain_text("we hung up")


def test_a_whole_number_is_shown_on_the_page_of_its_call_to_whoever_may_call(
    browse: OpenBrowser, phone: Phone
) -> None:
    reader = make_token("reader", Scope.READ, at=wiring.now())
    wiring.tokens().add(reader.kept)
    number = phone.far_end()
    call = phone.over(phone.initiate(number, "Only this.", mode="notify"))

    for token, may_see in ((phone.gateway.token, True), (reader.text, False)):
        visit = browse()
        visit.sign_in("calls", token)
        expect(row(visit, number)).to_be_visible()
        assert number not in visit.page.content()
        visit.page.goto(f"{phone.gateway.url}/calls/{call['call_id']}")
        heading = visit.page.get_by_role("heading", level=1)
        expect(heading).to_have_text(f"Call with {number if may_see else masked(number)}")
        assert (number in visit.page.content()) is may_see


def test_it_asks_less_often_while_nothing_happens_and_never_unseen(visit: Visit) -> None:
    asked: list[Request] = []
    visit.page.on("request", lambda one: asked.append(one) if "/data/calls" in one.url else None)
    clock = visit.page.clock
    clock.install()
    visit.sign_in("calls")
    expect(visit.page.get_by_text("No call is going on.")).to_be_visible()
    for _ in range(10):
        with visit.page.expect_response(lambda one: one.status == 304):
            clock.run_for(21_000)

    before = len(asked)
    clock.run_for(19_000)
    assert len(asked) == before
    with visit.page.expect_response("**/data/calls*"):
        clock.run_for(2_000)
    set_hidden(visit, hidden="true")
    before = len(asked)
    clock.run_for(120_000)
    assert len(asked) == before
    with visit.page.expect_response("**/data/calls*"):
        set_hidden(visit, hidden="false")


def set_hidden(visit: Visit, *, hidden: str) -> None:
    visit.page.evaluate(
        f"Object.defineProperty(document, 'hidden', {{value: {hidden}, configurable: true}});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )


def test_a_gateway_that_fails_is_told_of_and_asked_again(desk: Visit) -> None:
    desk.expected.add("Failed to load resource")
    desk.page.route("**/data/calls*", lambda route: route.abort())
    alert = desk.page.get_by_role("alert").filter(has_text="does not answer")
    expect(alert).to_be_visible()

    desk.page.unroute("**/data/calls*")

    expect(alert).to_be_hidden()


def test_by_keyboard_alone_a_call_is_placed_and_ended(desk: Visit, phone: Phone) -> None:
    number = a_patient_person(phone)
    keyboard = desk.page.keyboard
    reach(desk, "Number")
    keyboard.type(number)
    keyboard.press("Enter")
    live = card(desk, number)
    expect(live.get_by_role("heading")).to_be_focused()
    expect(live.get_by_role("log")).to_contain_text("Good morning.")
    reach(desk, "What the agent says next")
    keyboard.type("Thank you.")
    keyboard.press("Enter")
    expect(live.get_by_role("log")).to_contain_text("Thank you.")
    reach(desk, "Hang up")
    keyboard.press("Enter")

    expect(live).to_contain_text("we hung up")
    expect(live.get_by_role("heading")).to_be_focused()


def reach(visit: Visit, name: str) -> None:
    for _ in range(40):
        if visit.focused() == name:
            return
        visit.page.keyboard.press("Tab")
    pytest.fail(f"{name!r} cannot be reached by keyboard")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_keep_nobody_out_and_fit(
    browse: OpenBrowser, phone: Phone, scheme: str, width: int
) -> None:
    visit = browse(color_scheme=scheme, viewport={"width": width, "height": 844})
    phone.over(phone.dial_in(STRANGER))
    number = a_patient_person(phone)
    call_id = phone.initiate(number, "A long first sentence, to see how it is broken into lines.")
    visit.sign_in("calls")
    expect(card(visit, number).get_by_role("log")).to_contain_text("Good morning.")
    expect(row(visit, STRANGER).first).to_be_visible()

    assert barriers(visit.page) == []
    assert not visit.overflows()
    visit.page.goto(f"{phone.gateway.url}/calls/{call_id}")
    expect(visit.page.get_by_role("log")).to_contain_text("Good morning.")
    assert barriers(visit.page) == []
    assert not visit.overflows()
    phone.rpc.ask("voicecall.end", call_id=call_id)
    phone.over(call_id)
