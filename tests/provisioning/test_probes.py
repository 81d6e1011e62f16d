"""What a probe makes of whatever stands at the address."""

from collections.abc import Iterator

import pytest
import requests
from requests.exceptions import SSLError
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NameResolutionError

from chalicelib.accounts.account import Account
from chalicelib.calls.callbacks import Route
from chalicelib.provisioning import findings
from chalicelib.provisioning.findings import SLOW_MS
from chalicelib.provisioning.probes import Probe, probe_all
from chalicelib.provisioning.seals import HEADER, Seal
from chalicelib.provisioning.twilio import TwilioConsole
from tests.carriers.gateway import Gateway, Reply

CREDENTIALS = {"account_sid": "AC1", "auth_token": "secret"}
PREFIX = "/api/channels/telephony/main"
FORBIDDEN = Reply("", 403, "text/plain")
PAGE = "text/html; charset=utf-8"
JSON = "application/json"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


def probed(url: str) -> list[Probe]:
    account = Account(account_id="main", provider="twilio", webhook_url=url)
    seal = Seal.of(CREDENTIALS, ("account_sid", "auth_token"))
    assert seal is not None
    return probe_all(account, TwilioConsole(CREDENTIALS), seal)


def answered(gateway: Gateway, reply: Reply, path: str = "") -> Probe:
    for route in Route:
        gateway.on(f"{PREFIX}/{route}", reply)
    first, *others = probed(f"{gateway.url}{path}")
    assert {probe.signed.finding for probe in others} == {first.signed.finding}
    return first


@pytest.mark.parametrize(
    ("reply", "finding"),
    [
        (FORBIDDEN, "holds other credentials"),
        (Reply("", 404, "text/plain"), "nothing answers there that has an account 'main'"),
        (Reply("<h1>Sign in</h1>", 200, PAGE), "a web page answers instead (200)"),
        (Reply("", 401), "a web page answers instead (401)"),
        (
            Reply('{"message": "Missing Authentication Token"}', 403, JSON),
            "must end with the stage",
        ),
        (Reply('{"message": "Not Found"}', 404, JSON), "must end with the stage"),
        (Reply('{"message": "Too Many Requests"}', 429, JSON), "no more requests are taken"),
        (Reply("", 502), "fails with 502"),
        (Reply('{"proof": "none"}', 200, JSON), "it is not this gateway"),
        (Reply("[" * 3000, 200, JSON), "it is not this gateway"),
        (Reply("", 418), "answers with 418"),
    ],
)
def test_what_answers_instead_is_named(gateway: Gateway, reply: Reply, finding: str) -> None:
    probe = answered(gateway, reply)

    assert finding in probe.signed.finding
    assert (probe.signed.status, probe.is_right) == (reply.status, False)


@pytest.mark.parametrize(
    ("location", "finding"),
    [
        ("https://login.example.com/?next=secret", "to https://login.example.com, where carriers"),
        ("https://127.0.0.1/there", "on https://127.0.0.1: begin webhook_url with what it wants"),
        ("", "on http://127.0.0.1"),
    ],
)
def test_a_redirect_is_named_and_not_followed(
    gateway: Gateway, location: str, finding: str
) -> None:
    reply = Reply("", 302, headers={"Location": location} if location else {})

    probe = answered(gateway, reply)

    assert finding in probe.signed.finding
    assert "secret" not in probe.signed.finding
    assert {hook.path for hook in gateway.hooks} == {f"{PREFIX}/{route}" for route in Route}


def test_a_tunnel_that_is_closed_is_named(gateway: Gateway) -> None:
    reply = Reply("", 404, PAGE, headers={"ngrok-error-code": "ERR_NGROK_3200"})

    assert "ERR_NGROK_3200" in answered(gateway, reply).signed.finding


def test_where_nothing_runs_that_is_said() -> None:
    with Gateway() as gone:
        url = gone.url

    probe, *_ = probed(url)

    assert "127.0.0.1 takes no connection" in probe.signed.finding
    assert probe.unsigned.finding == probe.signed.finding
    assert (probe.signed.status, probe.signed.millis) == (None, None)


@pytest.mark.parametrize(
    ("error", "finding"),
    [
        (SSLError("bad"), "certificate of phone.example.com is not valid"),
        (requests.ConnectTimeout("slow"), "phone.example.com cannot be reached"),
        (requests.ReadTimeout("slow"), "no answer in time"),
        (requests.ConnectionError("cut"), "takes no connection"),
        (
            requests.ConnectionError(
                MaxRetryError(
                    None,  # type: ignore[arg-type]
                    "/",
                    NameResolutionError("x", HTTPConnection("x"), OSError()),  # type: ignore[arg-type]
                )
            ),
            "there is no host phone.example.com",
        ),
    ],
)
def test_why_nobody_answers_is_named(error: requests.RequestException, finding: str) -> None:
    assert finding in findings.unreachable(error, "https://phone.example.com/x?secret")


def test_a_door_that_is_open_to_everybody_is_named(gateway: Gateway) -> None:
    probe = answered(gateway, Reply("<Response/>"))

    assert "answered with 200 instead of 403" in probe.unsigned.finding


def test_a_proof_without_the_carriers_signature_is_not_enough(gateway: Gateway) -> None:
    seal = Seal.of(CREDENTIALS, ("account_sid", "auth_token"))
    assert seal is not None

    def knows_seals_only(hook: object) -> Reply:
        stamp = hook.headers.get(HEADER, "")  # type: ignore[attr-defined]
        if not stamp:
            return FORBIDDEN
        proof = seal.proof(stamp.split(".")[1])
        return Reply(f'{{"proof": "{proof}", "signature": "mismatch"}}', 200, JSON)

    for route in Route:
        gateway.on(f"{PREFIX}/{route}", knows_seals_only)

    assert {probe.signed.finding for probe in probed(gateway.url)} == {
        "the signature does not survive the way (mismatch): something rewrites it"
    }


def test_an_answer_that_takes_long_is_a_warning() -> None:
    assert findings.slow(SLOW_MS) == ""
    assert findings.slow(SLOW_MS + 1).startswith("it is slow: 2001 ms")


def test_nothing_of_a_probe_could_be_taken_for_a_call(gateway: Gateway) -> None:
    answered(gateway, FORBIDDEN)

    fields = {name for hook in gateway.hooks for name in hook.form}
    assert fields == {"Probe", "Words"}
