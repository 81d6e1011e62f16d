"""Signing in and out, in a real browser."""

import pytest
from playwright.sync_api import expect

from chalicelib import wiring
from chalicelib.routes.pages import PAGES
from tests.browser.browsing import Visit, barriers
from tests.browser.conftest import OpenBrowser

SETTINGS = "settings/phone"
every_page = pytest.mark.parametrize("path", [page.path[1:] for page in PAGES])


@every_page
def test_a_link_fills_the_token_in_and_leaves_it_nowhere(visit: Visit, path: str) -> None:
    visit.open(path, token=visit.phone.gateway.token)

    expect(visit.page.get_by_label("Access token")).to_have_value(visit.phone.gateway.token)
    assert visit.page.url == f"{visit.phone.gateway.url}/{path}"
    visit.button("Sign in").click()
    expect(visit.button("Sign out")).to_be_visible()
    expect(visit.page.get_by_label("Access token")).to_have_value("")
    visit.page.reload()
    expect(visit.button("Sign out")).to_be_visible()


@every_page
def test_by_keyboard_alone_one_gets_in_and_out(visit: Visit, path: str) -> None:
    visit.open(path)
    expect(visit.page.get_by_label("Access token")).to_be_focused()

    visit.page.keyboard.type(visit.phone.gateway.token)
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("heading", level=1)).to_be_focused()
    while visit.focused() != "Sign out":
        visit.page.keyboard.press("Shift+Tab")
    visit.page.keyboard.press("Enter")

    expect(visit.page.get_by_label("Access token")).to_be_focused()


def test_a_wrong_token_is_said_to_be_wrong_beside_its_field(visit: Visit) -> None:
    visit.expected.add("401")
    visit.open(SETTINGS)
    field = visit.page.get_by_label("Access token")

    field.fill("mp_wrong")
    visit.button("Sign in").click()

    expect(visit.page.get_by_role("alert")).to_contain_text("not known here")
    expect(field).to_be_focused()
    assert field.get_attribute("aria-invalid") is not None
    assert "sign-in-fault" in (field.get_attribute("aria-describedby") or "")
    expect(visit.button("Sign out")).to_be_hidden()


def test_without_a_token_nothing_is_sent(visit: Visit) -> None:
    visit.open(SETTINGS)

    visit.button("Sign in").click()

    expect(visit.page.get_by_role("alert")).to_have_text("Enter a token.")


def test_whoever_signs_out_is_out_in_every_tab(visit: Visit) -> None:
    visit.sign_in(SETTINGS)
    other = visit.page.context.new_page()
    other.goto(f"{visit.phone.gateway.url}/{SETTINGS}")
    expect(other.get_by_role("button", name="Sign out")).to_be_visible()

    visit.button("Sign out").click()
    expect(visit.button("Sign in")).to_be_visible()
    other.reload()

    expect(other.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_script_cannot_read_the_cookie(visit: Visit) -> None:
    visit.sign_in(SETTINGS)

    (cookie,) = visit.page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert visit.page.evaluate("document.cookie") == ""
    assert visit.page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_session_that_ended_elsewhere_asks_for_a_token_again(visit: Visit) -> None:
    visit.expected.add("401")
    visit.sign_in(SETTINGS)

    visit.page.context.clear_cookies()
    visit.page.evaluate(
        "import('../web/rpc.js').then(rpc => rpc.ask('voicecall.status').catch(String))"
    )

    expect(visit.page.get_by_role("alert")).to_contain_text("session has ended")
    wiring.forget()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_door_keeps_nobody_out_and_fits(browse: OpenBrowser, scheme: str, width: int) -> None:
    visit = browse(color_scheme=scheme, viewport={"width": width, "height": 844})

    visit.open(SETTINGS)
    expect(visit.page.get_by_label("Access token")).to_be_visible()

    assert barriers(visit.page) == []
    assert not visit.overflows()
