from dataclasses import replace

import pytest

from chalicelib.errors import SignatureError
from chalicelib.providers import registry
from chalicelib.providers.base import WebhookRequest
from chalicelib.provisioning.seals import HEADER, TOLERANCE_SECS, Seal

URL = "https://phone.example.com/api/channels/telephony/main/answer?probe=12345678"
NOW = 1_772_452_800
OWN = {"account_sid": "AC1", "auth_token": "secret", "agent_api_key": "sk-1"}
NEEDS = ("account_sid", "auth_token")
NONCE = "12345678901234567890"


def seal(**other: str) -> Seal:
    made = Seal.of({**OWN, **other}, NEEDS)
    assert made is not None
    return made


def sealed(stamp: str = "", *, url: str = URL, received_at: float = NOW) -> WebhookRequest:
    headers = {HEADER.lower(): stamp or seal().stamp(URL, NONCE, NOW)}
    return WebhookRequest(
        method="POST", url=url, headers=headers, body=b"", received_at=received_at
    )


def refusal(request: WebhookRequest) -> str:
    with pytest.raises(SignatureError) as refused:
        seal().open(request)
    return refused.value.reason


def test_what_was_sealed_just_now_is_opened() -> None:
    assert seal().open(sealed()) == NONCE
    assert seal().open(sealed(received_at=NOW + TOLERANCE_SECS)) == NONCE


@pytest.mark.parametrize("late", [-TOLERANCE_SECS - 1, TOLERANCE_SECS + 1])
def test_an_old_seal_is_stale(late: int) -> None:
    assert refusal(sealed(received_at=NOW + late)) == "stale"


@pytest.mark.parametrize(
    "request_",
    [
        sealed(url=URL.replace("answer", "status")),
        sealed(url=f"{URL}1"),
        sealed(seal(auth_token="other").stamp(URL, NONCE, NOW)),
        sealed(seal(account_sid="AC2").stamp(URL, NONCE, NOW)),
        sealed(f"{NOW}.{NONCE}.{'0' * 64}"),
        sealed(f"{NOW}.{NONCE}.{seal().proof(NONCE)}"),
    ],
)
def test_a_seal_for_something_else_does_not_match(request_: WebhookRequest) -> None:
    assert refusal(request_) == "mismatch"


@pytest.mark.parametrize(
    "stamp", ["x", f"{NOW}", f"{NOW}.{NONCE}.", f"{NOW}.ab/cd.{'0' * 64}", "é"]
)
def test_something_else_is_no_seal(stamp: str) -> None:
    assert refusal(sealed(stamp)) == "malformed"
    assert refusal(replace(sealed(), headers={})) == "malformed"


@pytest.mark.parametrize("missing", NEEDS)
def test_without_all_credentials_there_is_no_seal(missing: str) -> None:
    assert Seal.of({**OWN, missing: ""}, NEEDS) is None
    assert Seal.of(OWN, ()) is None


def test_what_else_lies_among_the_credentials_changes_nothing() -> None:
    assert seal(agent_api_key="sk-2") == seal()


def test_the_proof_is_known_to_nobody_else() -> None:
    assert seal().proof(NONCE) != seal(auth_token="other").proof(NONCE)
    assert seal().proof(NONCE) != seal().proof(NONCE[::-1])


def test_the_answer_tells_what_became_of_the_carriers_own_signature() -> None:
    provider = registry.build("twilio", OWN)

    assert seal().answer(NONCE, provider, sealed()) == {
        "probe": NONCE,
        "proof": seal().proof(NONCE),
        "signature": "missing",
    }
