import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, ClassVar, Final

import pytest
from nacl.signing import SigningKey
from telnyx.lib import webhook_verification

from chalicelib.calls.call import CallFailure, State
from chalicelib.calls.events import (
    CallArrived,
    CallEnded,
    CallOpened,
    CallProgressed,
    CarrierEvent,
    Input,
    InputOverheard,
    SpeechEnded,
    UnknownEvent,
)
from chalicelib.calls.verbs import (
    Answer,
    Dial,
    HangUp,
    Listen,
    Play,
    Reject,
    Say,
    SendDigits,
    StopSpeaking,
)
from chalicelib.overriding import override
from chalicelib.providers.base import CarrierView, Performance, WebhookRequest
from tests.builders import NOON
from tests.contract.base import (
    CALL_ID,
    ORDER,
    Case,
    Command,
    Fields,
    Operation,
    Refusal,
    Situation,
)
from tests.contract.telnyx_types import fields_of, objections

API_KEY: Final = "KEY0123456789ABCDEF_madeUpForTheTests00"
CONNECTION_ID: Final = "2811212257810187875"
SIGNING_KEY: Final = SigningKey(b"moltis-phone: made up for tests.")
FOREIGN_KEY: Final = SigningKey(b"moltis-phone: of somebody else..")
CONTROL_ID: Final = "v3:AAbbCC-11_22ddEEff33"
API: Final = "https://api.telnyx.com/v2"
ACTIONS: Final = f"{API}/calls/{CONTROL_ID}/actions"
BASE: Final = "https://phone.example.com/api/channels/telephony/telnyx"
EVENT_ID: Final = "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0"
FAILED: Final = CallFailure(code="failed", message="the carrier could not complete the call")
CANCELED: Final = CallFailure(
    code="canceled", message="the call was canceled before it was answered"
)
OK: Final = {"data": {"result": "ok"}}
COMMON: Final[Mapping[str, Any]] = {"provider_call_id": CONTROL_ID, "call_id": CALL_ID}
HEARD_AT: Final = NOON.replace(microsecond=238707) + timedelta(seconds=9)


def public_key(key: SigningKey) -> str:
    return b64encode(bytes(key.verify_key)).decode()


def client_state(**facts: object) -> str:
    return b64encode(json.dumps({"call": CALL_ID, **facts}).encode()).decode()


def told(event_type: str, *, state: str | None = None, **more: object) -> bytes:
    """An event as Telnyx writes it."""
    payload = {
        "call_control_id": CONTROL_ID,
        "call_leg_id": "b0e6224c-c81c-11f0-afbb-02420aef93a0",
        "call_session_id": "b0e6141e-c81c-11f0-abac-02420aef93a0",
        "client_state": state,
        "connection_id": CONNECTION_ID,
        **more,
    }
    event = {
        "event_type": event_type,
        "id": EVENT_ID,
        "occurred_at": HEARD_AT.isoformat().replace("+00:00", "Z"),
        "payload": payload,
        "record_type": "event",
    }
    meta = {"attempt": 1, "delivered_to": f"{BASE}/status?call={CALL_ID}"}
    return json.dumps({"data": event, "meta": meta}, ensure_ascii=False).encode()


def call(**facts: object) -> dict[str, object]:
    return {
        "data": {
            "call_control_id": CONTROL_ID,
            "call_leg_id": "b0e6224c-c81c-11f0-afbb-02420aef93a0",
            "call_session_id": "b0e6141e-c81c-11f0-abac-02420aef93a0",
            "record_type": "call",
            **facts,
        }
    }


def view(*, ended: bool) -> CarrierView:
    return CarrierView(provider_call_id=CONTROL_ID, state=None, ended=ended)


def error(status: int, code: str, title: str, detail: str) -> Refusal:
    body = {"errors": [{"code": code, "title": title, "detail": detail, "meta": {}}]}
    return Refusal(status=status, body=body, code=code)


STATE: Final = (
    "eyJjYWxsIjoiNmYxYzFmOGUtNmYwYi00ZDRmLTlhNTMtM2Y2ZjlhMGY3YzExIiwiaGVhcmQiOjAsIm1hY2hp"
    "bmUiOiJvZmYiLCJoYW5kZWQiOjB9"
)
"""The call, in which the far end was not heard yet, and nothing out of the ordinary."""
PLACE: Final = Operation(
    name="place",
    run=lambda provider: provider.place(ORDER),
    method="POST",
    url=f"{API}/calls",
    fields=(
        ("connection_id", CONNECTION_ID),
        ("from", ORDER.from_number),
        ("to", ORDER.to_number),
        ("webhook_url", ORDER.status_url),
        ("webhook_url_method", "POST"),
        ("client_state", STATE),
        ("command_id", "6ff5e9b4-ec55-525d-a212-e2753dba6768"),
        ("timeout_secs", 30),
        ("time_limit_secs", 3630),
    ),
    known=frozenset(fields_of("dial")),
    answer=call(is_alive=False),
    gives=CONTROL_ID,
    repeats=False,
    needs_live_call=False,
)
PLACE_LONG: Final = replace(
    PLACE,
    name="place a call that is longer than the carrier can limit",
    run=lambda provider: provider.place(replace(ORDER, time_limit_secs=86_430)),
    fields=(*PLACE.fields[:-1], ("time_limit_secs", 14_400)),
)
PERFORMANCE: Final = Performance(
    provider_call_id=CONTROL_ID, call_id=CALL_ID, mark="turn-2", verbs=(SendDigits("12#"),)
)
PERFORM: Final = Operation(
    name="perform",
    run=lambda provider: provider.perform(PERFORMANCE),
    method="POST",
    url=f"{ACTIONS}/send_dtmf",
    fields=(
        ("digits", "12#"),
        ("client_state", STATE),
        ("command_id", "c90af254-7b84-5d8d-ab2b-caaa65b1f949"),
    ),
    known=frozenset(fields_of("send_dtmf")),
    answer=OK,
    repeats=True,
    needs_live_call=True,
)
DIAL_SOMEBODY: Final = Dial(
    number="+15550009999",
    caller_id="+15551234567",
    action="https://phone.example.com/gather",
    turn=4,
    ring_secs=30,
    longest_secs=600,
)
LEG: Final = (
    "eyJjYWxsIjoiNmYxYzFmOGUtNmYwYi00ZDRmLTlhNTMtM2Y2ZjlhMGY3YzExIiwiaGVhcmQiOjAsIm1hY2hp"
    "bmUiOiJvZmYiLCJoYW5kZWQiOjR9"
)
"""The leg to a person that the call was handed to in turn 4."""
TRANSFER: Final = Operation(
    name="transfer",
    run=lambda provider: provider.perform(
        replace(PERFORMANCE, mark="transfer-4", verbs=(DIAL_SOMEBODY,))
    ),
    method="POST",
    url=f"{ACTIONS}/transfer",
    fields=(
        ("to", "+15550009999"),
        ("from", "+15551234567"),
        ("timeout_secs", 30),
        ("time_limit_secs", 600),
        ("target_leg_client_state", LEG),
        ("client_state", STATE),
        ("command_id", "6c483c08-7d5e-5075-b669-45aa2b0f2582"),
    ),
    known=frozenset(fields_of("transfer")),
    answer=OK,
    repeats=True,
    needs_live_call=True,
)
HANG_UP: Final = Operation(
    name="hang_up",
    run=lambda provider: provider.hang_up(CONTROL_ID),
    method="POST",
    url=f"{ACTIONS}/hangup",
    fields=(("command_id", "ce7e7c24-8096-58b0-a22a-ba9fc5b58849"),),
    known=frozenset(fields_of("hangup")),
    answer=OK,
    repeats=True,
    needs_live_call=True,
)
LOOK_UP: Final = Operation(
    name="look_up",
    run=lambda provider: provider.look_up(CONTROL_ID),
    method="GET",
    url=f"{API}/calls/{CONTROL_ID}",
    answer=call(is_alive=True),
    gives=view(ended=False),
    repeats=True,
    needs_live_call=True,
)


class TelnyxCase(Case):
    name = "telnyx"
    credentials: ClassVar = {
        "api_key": API_KEY,
        "connection_id": CONNECTION_ID,
        "public_key": public_key(SIGNING_KEY),
    }
    foreign_credentials: ClassVar = {
        "api_key": API_KEY,
        "connection_id": CONNECTION_ID,
        "public_key": public_key(FOREIGN_KEY),
    }
    secrets = (API_KEY,)
    signature_header = "telnyx-signature-ed25519"
    signs_address = False
    tolerance_secs = 300
    suffix = "json"
    address = f"{BASE}/status?call={CALL_ID}"
    events: ClassVar[Mapping[Situation, CarrierEvent | None]] = {
        Situation.INBOUND: CallArrived(
            provider_call_id=CONTROL_ID, from_number="+15559876543", to_number="+15551234567"
        ),
        Situation.OPENED: CallOpened(**COMMON),
        Situation.INITIATED: CallProgressed(state=State.INITIATED, **COMMON),
        Situation.ANSWERED: CallProgressed(state=State.ANSWERED, **COMMON),
        Situation.COMPLETED: CallEnded(**COMMON),
        Situation.BUSY: CallEnded(reason=State.BUSY, **COMMON),
        Situation.NO_ANSWER: CallEnded(reason=State.NO_ANSWER, **COMMON),
        Situation.TIME_LIMIT: CallEnded(reason=State.TIMEOUT, **COMMON),
        Situation.FAILED: CallEnded(reason=State.ERROR, error=FAILED, **COMMON),
        Situation.CANCELED: CallEnded(reason=State.ERROR, error=CANCELED, **COMMON),
        Situation.SPEECH: InputOverheard(
            delivery=EVENT_ID,
            at=HEARD_AT,
            input=Input.SPEECH,
            text="Can we move it to Friday? Café at 3 & no + sign.",
            **COMMON,
        ),
        Situation.INTERIM_SPEECH: None,
        Situation.KEYS: InputOverheard(
            delivery=EVENT_ID, at=HEARD_AT, input=Input.KEYS, text="*", **COMMON
        ),
        Situation.SPEECH_ENDED: SpeechEnded(delivery=EVENT_ID, heard=3, **COMMON),
        Situation.UNKNOWN_WORD: UnknownEvent(name="call.teleported", **COMMON),
    }
    # There is no event for ringing or for silence, and nothing comes back for a document.
    gaps: ClassVar[frozenset[Situation]] = frozenset(
        {Situation.RINGING, Situation.SILENCE, Situation.REPLY_AWAITED, Situation.RESUMED}
    )
    authorization = f"Bearer {API_KEY}"
    operations = (PLACE, PLACE_LONG, PERFORM, TRANSFER, HANG_UP, LOOK_UP)
    views = (
        (call(is_alive=True), view(ended=False)),
        (call(is_alive=False), view(ended=True)),
        (call(), view(ended=False)),
        ({"data": None}, view(ended=False)),
        ({}, view(ended=False)),
    )
    nameless: ClassVar[tuple[object, ...]] = (
        {},
        {"data": None},
        {"data": []},
        {"data": {}},
        {"data": {"call_control_id": None}},
        {"data": {"call_control_id": ""}},
        {"data": {"call_control_id": 7}},
    )
    refusal = error(
        422, "10016", "Phone number must be in +E.164 format", "+15559876543 is not one."
    )
    gone = (
        error(422, "90018", "Call has already ended", "This call is no longer active."),
        error(404, "10005", "Resource not found", "The requested resource was not found."),
        Refusal(status=404, body={}),
    )
    say_limit = 3000
    commands = (
        Command(verb=Answer(), name="answer", body={}),
        Command(verb=Reject(), name="reject", body={"cause": "CALL_REJECTED"}),
        Command(verb=Reject("busy"), name="reject", body={"cause": "USER_BUSY"}),
        Command(
            verb=Listen("de-DE"),
            name="transcription_start",
            body={
                "transcription_engine": "Google",
                "transcription_engine_config": {"language": "de"},
                "transcription_tracks": "inbound",
            },
        ),
        Command(
            verb=Say(text="Hello."),
            name="speak",
            body={
                "payload": "Hello.",
                "voice": "female",
                "language": "en-US",
                "service_level": "basic",
            },
        ),
        Command(
            verb=Say(text="Guten Tag.", language="de-DE"),
            name="speak",
            body={
                "payload": "Guten Tag.",
                "voice": "Azure.en-US-BrianMultilingualNeural",
                "language": "de-DE",
            },
        ),
        Command(
            verb=Say(text="Guten Tag.", language="de-DE", voice="AWS.Polly.Vicki-Neural"),
            name="speak",
            body={
                "payload": "Guten Tag.",
                "voice": "AWS.Polly.Vicki-Neural",
                "language": "de-DE",
            },
        ),
        Command(
            verb=Play("https://phone.example.com/a.wav"),
            name="playback_start",
            body={"audio_url": "https://phone.example.com/a.wav", "audio_type": "wav"},
        ),
        Command(verb=StopSpeaking(), name="playback_stop", body={"stop": "all"}),
        Command(verb=SendDigits("1ww2#"), name="send_dtmf", body={"digits": "1ww2#"}),
        Command(verb=HangUp(), name="hangup", body={}),
    )

    command_id = "command_id"
    command_state = "client_state"

    @override
    def encoded(self, fields: Fields) -> bytes:
        # A name may stand twice.
        pairs = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in fields)
        return f"{{{pairs}}}".encode()

    @override
    def decoded(self, body: bytes) -> Fields:
        return list(json.loads(body).items())

    @override
    def kept(self, body: bytes) -> Fields:
        return [("body", body.decode())]

    @override
    def re_signed(self, request: WebhookRequest, *more: tuple[str, str]) -> WebhookRequest:
        envelope = json.loads(request.body)
        for place in (envelope, envelope["data"], envelope["data"]["payload"]):
            place.update(more)
        return self.signed(request.url, json.dumps(envelope).encode())

    @override
    def signed(self, url: str, body: bytes) -> WebhookRequest:
        return self.signed_at(str(int(NOON.timestamp())), url, body)

    def signed_at(self, timestamp: str, url: str, body: bytes) -> WebhookRequest:
        """Telnyx's library only verifies: `vendor_accepts` is what holds this to account."""
        signature = SIGNING_KEY.sign(f"{timestamp}|".encode() + body).signature
        return WebhookRequest(
            method="POST",
            url=url,
            headers={
                "Content-Type": "application/json",
                "User-Agent": "telnyx-webhooks",
                self.signature_header: b64encode(signature).decode(),
                "telnyx-timestamp": timestamp,
            },
            body=body,
            received_at=NOON.timestamp(),
        )

    @override
    def vendor_accepts(self, request: WebhookRequest) -> bool:
        clock = SimpleNamespace(time=lambda: request.received_at)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(webhook_verification, "time", clock)
            try:
                webhook_verification.verify_webhook_signature(
                    request.body, request.headers, self.credentials["public_key"]
                )
            except webhook_verification.WebhookVerificationError:
                return False
        return True

    @override
    def also_signed(self) -> Mapping[str, WebhookRequest]:
        now = int(NOON.timestamp())
        return {
            "an empty body": self.signed(self.address, b""),
            "a body that is no text": self.signed(self.address, b"\xff\xfe"),
            "300 s ago": self.signed_at(str(now - 300), self.address, b"{}"),
            "300 s ahead": self.signed_at(str(now + 300), self.address, b"{}"),
        }

    @override
    def never_signed(self) -> Mapping[str, WebhookRequest]:
        good = self.signed(self.address, b"{}")
        timeless = {k: v for k, v in good.headers.items() if k != "telnyx-timestamp"}
        now = int(NOON.timestamp())
        bare = b64encode(SIGNING_KEY.sign(b"{}").signature).decode()
        return {
            "no time": replace(good, headers=timeless),
            "another time": replace(good, headers={**timeless, "telnyx-timestamp": str(now - 1)}),
            "a body without the time": self.with_signature(good, bare),
            "a fraction of a second": self.signed_at(f"{now}.0", self.address, b"{}"),
            "milliseconds": self.signed_at(f"{now}000", self.address, b"{}"),
            "no number": self.signed_at("now", self.address, b"{}"),
            "301 s ago": self.signed_at(str(now - 301), self.address, b"{}"),
            "301 s ahead": self.signed_at(str(now + 301), self.address, b"{}"),
        }

    @override
    def unreadable(self) -> Mapping[str, WebhookRequest]:
        wrong = {
            "nothing": b"",
            "no JSON": b"event=call.initiated",
            "no text": b"\xff\xfe\x00",
            "no object": b"[]",
            "no event": b"{}",
            "an event that is none": b'{"data": "call.answered"}',
            "no call": told("call.answered").replace(b"call_control_id", b"id_of_the_call"),
            "no time": told("call.answered").replace(b"occurred_at", b"happened_at"),
            "no key": told("call.dtmf.received", state=client_state()),
            "nothing transcribed": told("call.transcription", state=client_state()),
            "somebody else's state": told("call.answered", state="bm90IG91cnM="),
            "a state that is no text": told("call.answered", state="/////w=="),
        }
        return {name: self.signed(self.address, body) for name, body in wrong.items()}

    @override
    def vendor_objections(self, name: str, body: Mapping[str, Any]) -> list[str]:
        return list(objections(name, body))

    @override
    def shown_state(self, body: Mapping[str, Any]) -> str:
        return b64decode(body[self.command_state], validate=True).decode()

    @override
    def command_url(self, name: str) -> str:
        return f"{ACTIONS}/{name}"

    @override
    def heard(self, body: Mapping[str, Any]) -> WebhookRequest:
        ended = told("call.speak.ended", state=body["client_state"], status="completed")
        return self.signed(self.address, ended)
