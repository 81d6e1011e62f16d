import time
from collections import Counter
from datetime import datetime
from uuid import UUID

import pytest
from nacl.signing import SigningKey
from telnyx import Telnyx
from telnyx.lib.webhook_verification import WebhookVerificationError, verify_webhook_signature

from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import Says
from moltis.carriers.telnyx_webhooks import public_key, signed_headers
from tests.carriers.gateway import Hook, Reply
from tests.carriers.stage import over
from tests.carriers.telnyx_stage import ANSWER, HANG_UP, LISTEN, TelnyxStage, speak, types

SHORT_CALL = ["call.initiated", "call.answered", "call.hangup"]


def attempts(telnyx: TelnyxStage) -> list[tuple[str, int]]:
    bodies = [hook.json() for hook in telnyx.gateway.hooks]
    return [(body["data"]["event_type"], body["meta"]["attempt"]) for body in bodies]


def ids(telnyx: TelnyxStage) -> Counter[str]:
    return Counter(hook.json()["data"]["id"] for hook in telnyx.gateway.hooks)


def test_every_event_bears_a_signature_that_telnyxs_own_verifier_accepts(
    telnyx: TelnyxStage,
) -> None:
    telnyx.when("call.answered", telnyx.does(LISTEN, speak("Wer ist da?")))
    telnyx.when("call.transcription", telnyx.does(HANG_UP))

    over(telnyx.call(ScriptedFarEnd([Says("Ünïcode & 100 %")])))

    key = telnyx.carriers.telnyx.public_key
    client = Telnyx(api_key="KEY", public_key=key)
    assert len(telnyx.gateway.hooks) == 6
    for hook in telnyx.gateway.hooks:
        verify_webhook_signature(hook.body, hook.headers, key)
        event = client.webhooks.unwrap(hook.body.decode(), headers=hook.headers)
        assert type(event).__name__.endswith(("Event", "Event1"))
        with pytest.raises(WebhookVerificationError):
            verify_webhook_signature(hook.body + b" ", hook.headers, key)


def test_our_signature_equals_telnyxs() -> None:
    key = SigningKey(bytes(range(32)))
    now = int(time.time())

    headers = signed_headers(key, b"{}", now)

    assert headers["telnyx-timestamp"] == str(now)
    assert headers["User-Agent"] == "telnyx-webhooks"
    verify_webhook_signature(b"{}", headers, public_key(key))


def test_an_event_has_telnyxs_envelope(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(HANG_UP))

    call = over(telnyx.call())

    for hook in telnyx.gateway.hooks:
        body = hook.json()
        assert set(body) == {"data", "meta"}
        assert body["meta"] == {"attempt": 1, "delivered_to": f"{telnyx.gateway.url}/events"}
        data = body["data"]
        assert set(data) == {"record_type", "event_type", "id", "occurred_at", "payload"}
        assert data["record_type"] == "event"
        assert str(UUID(data["id"])) == data["id"]
        assert data["occurred_at"].endswith("Z")
        assert data["payload"]["call_control_id"] == call.sid
        assert data["payload"]["client_state"] is None
        told = {"direction", "state"} & set(data["payload"])
        assert bool(told) is (data["event_type"] == "call.initiated")
    times = [datetime.fromisoformat(event["occurred_at"]) for event in call.events]
    assert times == sorted(set(times))
    assert len(ids(telnyx)) == 3


def test_an_answer_that_comes_too_late_counts_as_none(telnyx: TelnyxStage) -> None:
    def slow(_: Hook) -> Reply:
        time.sleep(2.2)
        return Reply("", 200)

    telnyx.gateway.on("/events", slow, telnyx.react)
    telnyx.when("call.answered", telnyx.does(HANG_UP))

    call = over(telnyx.call())

    assert sorted(attempts(telnyx)) == sorted(
        [*((event_type, 1) for event_type in SHORT_CALL), ("call.initiated", 2)]
    )
    assert max(ids(telnyx).values()) == 2
    assert call.alerts == ["call.initiated (attempt 1) was answered with 0: no answer within 2 s"]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_went_wrong_for_a_moment_is_delivered_again(telnyx: TelnyxStage, status: int) -> None:
    telnyx.gateway.on("/events", Reply("", status), telnyx.react)
    telnyx.when("call.answered", telnyx.does(HANG_UP))

    over(telnyx.call())

    assert ("call.initiated", 2) in attempts(telnyx)
    assert len(attempts(telnyx)) == 4


@pytest.mark.parametrize("status", [400, 403, 404, 301])
def test_what_is_refused_is_not_delivered_again(telnyx: TelnyxStage, status: int) -> None:
    elsewhere = {"Location": f"{telnyx.gateway.url}/elsewhere"}
    telnyx.gateway.on("/events", Reply("", status, headers=elsewhere), telnyx.react)
    telnyx.when("call.answered", telnyx.does(HANG_UP))

    call = over(telnyx.call())

    assert attempts(telnyx) == [(event_type, 1) for event_type in SHORT_CALL]
    assert f"was answered with {status}" in call.alerts[0]


def test_an_event_is_given_up_after_three_attempts(telnyx: TelnyxStage) -> None:
    telnyx.gateway.on("/events", Reply("", 500))

    call = telnyx.call()
    telnyx.wait_for(call, "call.answered")
    telnyx.command(call.sid, "hangup")

    over(call)
    assert Counter(attempts(telnyx)) == {
        (event_type, attempt): 1 for event_type in SHORT_CALL for attempt in (1, 2, 3)
    }
    assert "call.initiated was given up" in call.alerts


def test_an_event_that_reaches_nobody_is_noted(telnyx: TelnyxStage) -> None:
    call = telnyx.call(webhook_url="http://127.0.0.1:9/events")
    telnyx.command(call.sid, "hangup")

    over(call)
    assert {report.status for report in call.reports} == {0}
    assert "nobody could be reached" in call.alerts[0]


def test_every_event_can_come_twice(telnyx: TelnyxStage) -> None:
    telnyx.carriers.telnyx.faults.duplicates = True
    telnyx.when("call.answered", telnyx.does(HANG_UP))

    call = over(telnyx.call())

    assert types(call) == SHORT_CALL
    assert set(ids(telnyx).values()) == {2}


def test_events_can_come_out_of_order(telnyx: TelnyxStage) -> None:
    telnyx.carriers.telnyx.faults.out_of_order = True
    telnyx.when("call.initiated", telnyx.does(ANSWER))
    telnyx.when("call.answered", telnyx.does(speak("Hello"), HANG_UP))

    call = over(telnyx.dial_in())

    told = [event_type for event_type, _ in attempts(telnyx)]
    assert sorted(told) == sorted(types(call))
    assert told != types(call)


def test_events_can_come_at_once(telnyx: TelnyxStage) -> None:
    telnyx.carriers.telnyx.faults.simultaneous = True

    def slow(hook: Hook) -> Reply:
        time.sleep(0.3)
        return telnyx.react(hook)

    telnyx.gateway.on("/events", slow)
    call = telnyx.call()
    telnyx.wait_for(call, "call.answered")
    began = time.monotonic()
    telnyx.does(speak("One"), speak("Two"), HANG_UP)({"call_control_id": call.sid})

    over(call)
    assert time.monotonic() - began < 1.2
    assert len(attempts(telnyx)) == len(types(call)) >= 5


def test_events_of_an_unknown_type_can_come_in_between(telnyx: TelnyxStage) -> None:
    telnyx.carriers.telnyx.faults.unknown_events = True
    telnyx.when("call.answered", telnyx.does(HANG_UP))

    call = over(telnyx.call())

    assert types(call) == [
        "call.initiated",
        "call.conversation.created",
        "call.answered",
        "call.hangup",
        "call.cost",
    ]
