"""Signing in from a browser: who gets in, and what a request from elsewhere can do."""

import json
from http.cookies import SimpleCookie
from typing import Any, Protocol

import pytest
import requests

from chalicelib import wiring
from chalicelib.store.base import Scope
from chalicelib.tokens import NewToken, digest, make_token
from moltis.gateway import Gateway
from tests.phone import Json, Phone

STATUS = {"jsonrpc": "2.0", "id": 1, "method": "voicecall.status", "params": {}}
DIAL = STATUS | {"method": "voicecall.initiate", "params": {"to": "+15559876543"}}


class Served(Protocol):
    """What has pages."""

    @property
    def gateway(self) -> Gateway: ...


class Browser:
    """Keeps cookies as a browser does, and says where a request comes from."""

    def __init__(self, phone: Served, *, host: str = "") -> None:
        self.url = phone.gateway.url
        self.session = requests.Session()
        self.host = host
        self.proof = ""

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Sec-Fetch-Site": "same-origin", **more.pop("headers", {})}
        headers |= {"Host": self.host} if self.host else {}
        return self.session.request(
            method, f"{self.url}/{path}", headers=headers, timeout=20, **more
        )

    def sign_in(self, token: str, **more: Any) -> requests.Response:
        response = self.send("POST", "session", json={"token": token}, **more)
        self.proof = response.json().get("proof", "")
        return response

    def rpc(self, body: object = STATUS, **headers: str) -> requests.Response:
        return self.send("POST", "rpc", json=body, headers={"X-Moltis-Page": self.proof, **headers})

    def whoami(self) -> Json:
        return dict(self.send("GET", "session").json())


@pytest.fixture
def browser(phone: Phone) -> Browser:
    return Browser(phone)


def a_token(scope: Scope = Scope.WRITE) -> NewToken:
    token = make_token("browser", scope, at=wiring.now())
    wiring.tokens().add(token.kept)
    return token


def cookie_of(response: requests.Response) -> SimpleCookie:
    return SimpleCookie(response.headers["Set-Cookie"])


def test_whoever_signs_in_may_ask_until_they_sign_out(browser: Browser) -> None:
    token = a_token()

    signed_in = browser.sign_in(token.text)
    asked, who = browser.rpc(), browser.whoami()
    signed_out = browser.send("DELETE", "session", headers={"X-Moltis-Page": browser.proof})
    afterwards = browser.rpc()

    assert signed_in.status_code == asked.status_code == signed_out.status_code == 200
    assert (who["name"], who["scope"], who["token_id"]) == ("browser", "write", token.kept.token_id)
    assert (afterwards.status_code, browser.whoami()) == (401, {"signed_in": False})


def test_a_session_that_was_closed_is_closed_for_a_copy_of_its_cookie_too(browser: Browser) -> None:
    browser.sign_in(a_token().text)
    copy = dict(browser.session.cookies)

    browser.send("DELETE", "session", headers={"X-Moltis-Page": browser.proof})
    browser.session.cookies.update(copy)

    assert browser.rpc().status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    token = a_token()
    response = browser.sign_in(token.text)
    (cookie,) = cookie_of(response).values()

    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Strict", "")
    assert (cookie["path"], int(cookie["max-age"]) > 3600) == ("/", True)
    assert token.text not in str(response.headers) + response.text


@pytest.mark.parametrize("host", ["phone.example.com", "127.0.0.1.example.com", "127.0.0.1:x"])
def test_elsewhere_than_on_loopback_the_cookie_goes_by_https_only(phone: Phone, host: str) -> None:
    response = Browser(phone, host=host).sign_in(a_token().text)

    (cookie,) = cookie_of(response).values()
    assert (cookie["secure"], cookie.key) == (True, "__Host-moltis_session")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"token": "mp_wrong"}, 401),
        ({"token": ""}, 400),
        ({"token": 7}, 400),
        ({}, 400),
        ([], 400),
        ({"token": "x" * 5000}, 413),
    ],
)
def test_what_is_no_token_signs_nobody_in(browser: Browser, body: object, status: int) -> None:
    response = browser.send("POST", "session", json=body)

    assert response.status_code == status
    assert response.json()["error"]
    assert "Set-Cookie" not in response.headers


def test_signing_in_wants_json(browser: Browser) -> None:
    assert browser.send("POST", "session", data={"token": "mp_x"}).status_code == 415


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
def test_another_site_can_do_nothing_with_a_session(browser: Browser, headers: Json) -> None:
    browser.sign_in(a_token().text)

    assert browser.rpc(DIAL, **headers).status_code == 401
    refused = browser.send("POST", "session", json={"token": a_token().text}, headers=headers)
    assert refused.status_code == 403


@pytest.mark.parametrize("proof", ["", "0" * 64, "é"])
def test_a_cookie_without_the_proof_of_its_page_is_nothing(browser: Browser, proof: str) -> None:
    browser.sign_in(a_token().text)

    browser.proof = proof.encode().decode("latin-1")

    assert browser.rpc().status_code == 401
    signed_out = browser.send("DELETE", "session", headers={"X-Moltis-Page": browser.proof})
    assert signed_out.status_code == 401


def test_the_proof_of_another_session_is_no_proof(phone: Phone, browser: Browser) -> None:
    other = Browser(phone)
    other.sign_in(a_token().text)
    browser.sign_in(a_token().text)

    browser.proof = other.proof

    assert browser.rpc().status_code == 401


def test_an_older_browser_is_believed_by_its_origin(browser: Browser) -> None:
    browser.sign_in(a_token().text)

    assert browser.rpc(**{"Sec-Fetch-Site": "", "Origin": browser.url}).status_code == 200


def test_a_session_may_do_what_its_token_may(browser: Browser) -> None:
    browser.sign_in(a_token(Scope.READ).text)

    looked, dialled = browser.rpc(), browser.rpc(DIAL)

    assert looked.status_code == 200
    assert (dialled.status_code, dialled.json()["error"]["code"]) == (403, -32003)


def test_a_revoked_token_takes_its_sessions_along(browser: Browser) -> None:
    token = a_token()
    browser.sign_in(token.text)

    wiring.tokens().remove(token.kept.digest)
    wiring.forget()

    assert (browser.rpc().status_code, browser.whoami()) == (401, {"signed_in": False})


def test_an_expired_session_is_over(browser: Browser) -> None:
    browser.sign_in(a_token().text)
    (secret,) = browser.session.cookies.values()
    tokens = wiring.tokens()
    session = tokens.session(digest(secret))
    assert session is not None

    tokens.close_session(session.digest)
    expired = type(session)(
        digest=session.digest,
        token_digest=session.token_digest,
        expires_at=wiring.now().replace(year=2020),
    )
    tokens.open_session(expired)
    wiring.forget()

    assert browser.rpc().status_code == 401


def test_a_bearer_token_goes_before_a_session(browser: Browser) -> None:
    browser.sign_in(a_token().text)

    assert browser.rpc(Authorization="Bearer mp_wrong").status_code == 401


def test_neither_the_secret_of_a_session_nor_a_token_is_stored(
    phone: Phone, browser: Browser
) -> None:
    token = a_token()
    browser.sign_in(token.text)
    (secret,) = browser.session.cookies.values()

    stored = json.dumps(phone.stored(), default=str)

    assert digest(secret) in stored
    assert secret not in stored
    assert token.text not in stored
