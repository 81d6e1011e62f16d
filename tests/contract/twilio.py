import inspect
import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlencode

from twilio.request_validator import RequestValidator
from twilio.rest.api.v2010.account.call import CallContext, CallList
from twilio.twiml.voice_response import VoiceResponse

from chalicelib.calls.call import CallFailure, State
from chalicelib.calls.events import (
    CallArrived,
    CallEnded,
    CallOpened,
    CallProgressed,
    CarrierEvent,
    Input,
    InputGathered,
    ReplyAwaited,
    ResumeAsked,
    UnknownEvent,
)
from chalicelib.calls.verbs import (
    Dial,
    Gather,
    HangUp,
    Pause,
    Play,
    Redirect,
    Reject,
    Say,
    SendDigits,
    Verb,
)
from chalicelib.overriding import override
from chalicelib.providers.base import CarrierView, WebhookRequest
from tests.builders import NOON
from tests.contract.base import CALL_ID, ORDER, Case, Fields, Operation, Refusal, Situation

ACCOUNT_SID: Final = "AC0123456789abcdef0123456789abcdef"
AUTH_TOKEN: Final = "4f0c2a9d7b1e46c8a5d3f2e1b0c9d8e7"
CALL_SID: Final = "CA00112233445566778899aabbccddeeff"
CALLS: Final = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Calls"
ONE_CALL: Final = f"{CALLS}/{CALL_SID}.json"
BASIC: Final = b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
CANCELED: Final = CallFailure(
    code="canceled", message="the call was canceled before it was answered"
)
FAILED: Final = CallFailure(code="failed", message="the carrier could not complete the call")
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}


@dataclass(frozen=True)
class _Fields:
    """What the vendor's validator takes for a form with repeated fields."""

    pairs: Fields

    def __iter__(self) -> Any:
        return iter(dict(self.pairs))

    def __len__(self) -> int:
        return len(self.pairs)

    def getlist(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]


def _parameters(method: object) -> frozenset[str]:
    """The vendor's `status_callback_event` is `StatusCallbackEvent` on the wire."""
    names = inspect.signature(method).parameters  # type: ignore[arg-type]
    return frozenset(
        re.sub(r"(?:^|_)([a-z])", lambda m: m[1].upper(), n.rstrip("_")) for n in names
    )


def _call(status: str, **more: str) -> dict[str, object]:
    return {
        "sid": CALL_SID,
        "status": status,
        "direction": "outbound-api",
        "date_created": "Mon, 02 Mar 2026 12:00:01 +0000",
        **more,
    }


def _view(**facts: Any) -> CarrierView:
    return CarrierView(provider_call_id=CALL_SID, **{"state": None, "ended": True} | facts)


def _error(status: int, code: int, message: str) -> Refusal:
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more_info, "status": status}
    return Refusal(status=status, body=body, code=str(code))


PLACE: Final = Operation(
    name="place",
    run=lambda provider: provider.place(ORDER),
    method="POST",
    url=f"{CALLS}.json",
    fields=(
        ("To", ORDER.to_number),
        ("From", ORDER.from_number),
        ("Url", ORDER.answer_url),
        ("Method", "POST"),
        ("FallbackUrl", ORDER.answer_url),
        ("FallbackMethod", "POST"),
        ("StatusCallback", ORDER.status_url),
        ("StatusCallbackMethod", "POST"),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
        ("Timeout", "30"),
        ("TimeLimit", "3630"),
    ),
    known=_parameters(CallList.create),
    answer=_call("queued"),
    gives=CALL_SID,
    repeats=False,
    needs_live_call=False,
)
PLACE_SHORT: Final = replace(
    PLACE,
    name="place a call that is shorter than the carrier can limit",
    run=lambda provider: provider.place(replace(ORDER, time_limit_secs=20)),
    fields=(*PLACE.fields[:-1], ("TimeLimit", "60")),
)
INTERRUPT: Final = Operation(
    name="interrupt",
    run=lambda provider: provider.interrupt(CALL_SID, "https://phone.example.com/gather"),
    method="POST",
    url=ONE_CALL,
    fields=(("Url", "https://phone.example.com/gather"), ("Method", "POST")),
    known=_parameters(CallContext.update),
    answer=_call("in-progress"),
    repeats=True,
    needs_live_call=True,
)
HANG_UP: Final = Operation(
    name="hang_up",
    run=lambda provider: provider.hang_up(CALL_SID),
    method="POST",
    url=ONE_CALL,
    fields=(("Status", "completed"),),
    known=_parameters(CallContext.update),
    answer=_call("completed"),
    repeats=True,
    needs_live_call=True,
)
LOOK_UP: Final = Operation(
    name="look_up",
    run=lambda provider: provider.look_up(CALL_SID),
    method="GET",
    url=ONE_CALL,
    answer=_call("ringing"),
    gives=_view(state=State.RINGING, ended=False),
    repeats=True,
    needs_live_call=True,
)
FIND: Final = Operation(
    name="find",
    run=lambda provider: provider.find(ORDER),
    method="GET",
    url=f"{CALLS}.json",
    fields=(
        ("To", ORDER.to_number),
        ("From", ORDER.from_number),
        ("StartTime>", "2026-03-01"),
    ),
    known=frozenset({"To", "From", "StartTime>"}),
    answer={
        "calls": [
            _call("ringing", sid="CAlater", date_created="Mon, 02 Mar 2026 12:09:00 +0000"),
            _call("in-progress"),
            _call("completed", sid="CAbefore", date_created="Mon, 02 Mar 2026 11:59:00 +0000"),
            _call("ringing", sid="CAtheirs", direction="inbound"),
            _call("ringing", sid="CAundated", date_created="some day"),
        ]
    },
    gives=_view(state=State.ANSWERED, ended=False),
    repeats=True,
    needs_live_call=False,
)


class TwilioCase(Case):
    name = "twilio"
    credentials: ClassVar = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}
    foreign_credentials: ClassVar = {"account_sid": ACCOUNT_SID, "auth_token": "f" * 32}
    secrets = (AUTH_TOKEN, BASIC)
    signature_header = "X-Twilio-Signature"
    signs_address = True
    tolerance_secs = None
    address = (
        f"https://phone.example.com/api/channels/telephony/twilio/gather?call={CALL_ID}&turn=1"
    )
    events: ClassVar[Mapping[Situation, CarrierEvent | None]] = {
        Situation.INBOUND: CallArrived(
            provider_call_id=CALL_SID, from_number="+15559876543", to_number="+15551234567"
        ),
        Situation.OPENED: CallOpened(provider_call_id=CALL_SID, call_id=CALL_ID),
        Situation.INITIATED: CallProgressed(
            provider_call_id=CALL_SID, call_id=CALL_ID, state=State.INITIATED
        ),
        Situation.RINGING: CallProgressed(
            provider_call_id=CALL_SID, call_id=CALL_ID, state=State.RINGING
        ),
        Situation.ANSWERED: CallProgressed(
            provider_call_id=CALL_SID, call_id=CALL_ID, state=State.ANSWERED
        ),
        Situation.COMPLETED: CallEnded(provider_call_id=CALL_SID, call_id=CALL_ID),
        Situation.BUSY: CallEnded(provider_call_id=CALL_SID, call_id=CALL_ID, reason=State.BUSY),
        Situation.NO_ANSWER: CallEnded(
            provider_call_id=CALL_SID, call_id=CALL_ID, reason=State.NO_ANSWER
        ),
        Situation.FAILED: CallEnded(
            provider_call_id=CALL_SID, call_id=CALL_ID, reason=State.ERROR, error=FAILED
        ),
        Situation.CANCELED: CallEnded(
            provider_call_id=CALL_SID, call_id=CALL_ID, reason=State.ERROR, error=CANCELED
        ),
        Situation.SPEECH: InputGathered(
            provider_call_id=CALL_SID,
            call_id=CALL_ID,
            turn=2,
            input=Input.SPEECH,
            text="Can we move it to Friday? Café at 3 & no + sign.",
        ),
        Situation.KEYS: InputGathered(
            provider_call_id=CALL_SID, call_id=CALL_ID, turn=3, input=Input.KEYS, text="12*"
        ),
        Situation.SILENCE: InputGathered(
            provider_call_id=CALL_SID, call_id=CALL_ID, turn=4, input=Input.NOTHING, quiet=1
        ),
        Situation.REPLY_AWAITED: ReplyAwaited(
            provider_call_id=CALL_SID,
            call_id=CALL_ID,
            turn=5,
            since=1772452800,
            told=1772452806,
            part=2,
        ),
        Situation.RESUMED: ResumeAsked(
            provider_call_id=CALL_SID, call_id=CALL_ID, slot="000005-bot-1772452800000250"
        ),
        Situation.UNKNOWN_WORD: UnknownEvent(
            provider_call_id=CALL_SID, call_id=CALL_ID, name="teleported"
        ),
    }
    # It says completed at its time limit, too, and listens only when a document says so.
    gaps: ClassVar[frozenset[Situation]] = frozenset(
        {Situation.TIME_LIMIT, Situation.INTERIM_SPEECH, Situation.SPEECH_ENDED}
    )
    authorization = f"Basic {BASIC}"
    operations = (PLACE, PLACE_SHORT, INTERRUPT, HANG_UP, LOOK_UP, FIND)
    views = (
        (_call("queued"), _view(state=State.INITIATED, ended=False)),
        (_call("in-progress"), _view(state=State.ANSWERED, ended=False)),
        (_call("completed"), _view()),
        (_call("busy"), _view(reason=State.BUSY)),
        (_call("no-answer"), _view(reason=State.NO_ANSWER)),
        (_call("failed"), _view(reason=State.ERROR, error=FAILED)),
        (_call("canceled"), _view(reason=State.ERROR, error=CANCELED)),
        (_call("teleported"), _view(ended=False)),
    )
    nothing_found: ClassVar[object] = {"calls": []}
    refusal = _error(400, 21211, "The 'To' number +15559876543 is not a valid phone number.")
    gone = (
        _error(404, 20404, "The requested resource was not found"),
        _error(400, 21220, "Call is not in-progress. Cannot redirect."),
        Refusal(status=404, body={}),
    )
    say_tag = "Say"
    say_limit = 4096

    @override
    def encoded(self, fields: Fields) -> bytes:
        return urlencode(fields).encode()

    @override
    def decoded(self, body: bytes) -> Fields:
        return parse_qsl(body.decode(), keep_blank_values=True)

    @override
    def signed(self, url: str, body: bytes) -> WebhookRequest:
        form = _Fields(self.decoded(body))
        signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)
        return WebhookRequest(
            method="POST",
            url=url,
            headers={**FORM, self.signature_header: signature},
            body=body,
            received_at=NOON.timestamp(),
        )

    @override
    def vendor_accepts(self, request: WebhookRequest) -> bool:
        form = _Fields(self.decoded(request.body))
        signature = request.header(self.signature_header)
        return bool(RequestValidator(AUTH_TOKEN).validate(request.url, form, signature))

    @override
    def also_signed(self) -> Mapping[str, WebhookRequest]:
        json_body = json.dumps({"CallSid": CALL_SID}).encode()
        with_hash = f"{self.address}&bodySHA256={sha256(json_body).hexdigest()}"
        by_address = replace(self.signed(with_hash, b""), body=json_body)
        local = self.address.replace("https://phone.example.com", "http://127.0.0.1:18789")
        return {
            "a GET": replace(self.signed(self.address, b""), method="GET", body=b"ignored"),
            "JSON with its hash in the address": replace(
                by_address, headers={**by_address.headers, "Content-Type": "application/json"}
            ),
            "an address with a port": self.signed(local, b"CallSid=CA1"),
            "the port that https implies": replace(
                self.signed(self.address.replace(".com/", ".com:443/"), b"a=1"), url=self.address
            ),
        }

    @override
    def never_signed(self) -> Mapping[str, WebhookRequest]:
        good = self.signed(self.address, b"CallSid=CA1")
        shared_key = "X-Twilio-Webhooks-Signature-Settings"
        bare_json = replace(good, headers={**good.headers, "Content-Type": "application/json"})
        hashed = self.signed(f"{self.address}&bodySHA256={'0' * 64}", b"")
        return {
            "a shared key": replace(good, headers={**good.headers, shared_key: "key=k"}),
            "JSON without its hash": bare_json,
            "JSON with another hash": replace(hashed, body=b"{}"),
            "a body that is no text": replace(good, body=b"\xff\xfe"),
        }

    @override
    def unreadable(self) -> Mapping[str, WebhookRequest]:
        base = self.address.partition("gather")[0]
        return {
            "no call": self.signed(self.address, b"From=%2B15559876543"),
            "no such door": self.signed(f"{base}elsewhere", b"CallSid=CA1"),
            "a broken turn": self.signed(f"{base}gather?turn=two", b"CallSid=CA1"),
        }

    @override
    def vendor_document(self, verbs: Sequence[Verb]) -> str:
        response = VoiceResponse()
        for verb in verbs:
            _append(response, verb)
        return str(response.to_xml())


def _append(parent: Any, verb: Verb) -> None:
    match verb:
        case Say():
            parent.say(verb.text, language=verb.language, voice=verb.voice or None)
        case Play(url):
            parent.play(url)
        case Pause(seconds):
            parent.pause(length=seconds)
        case SendDigits(digits):
            parent.play(digits=digits)
        case Dial():
            _append_dial(parent, verb)
        case Redirect(url):
            parent.redirect(url, method="POST")
        case Reject(reason):
            parent.reject(reason=reason)
        case HangUp():
            parent.hangup()
        case Gather():
            _append_gather(parent, verb)


def _append_dial(parent: Any, verb: Dial) -> None:
    dial = parent.dial(
        action=verb.action,
        method="POST",
        timeout=verb.ring_secs,
        time_limit=verb.longest_secs,
        caller_id=verb.caller_id,
    )
    dial.number(verb.number)


def _append_gather(parent: Any, verb: Gather) -> None:
    keys = {"input": "dtmf", "num_digits": verb.keys, "finish_on_key": verb.finish_key}
    speech = {"input": "dtmf speech", "speech_timeout": "auto", "language": verb.language}
    gather = parent.gather(
        action=verb.action,
        method="POST",
        timeout=verb.timeout_secs,
        action_on_empty_result=True,
        **(keys if verb.keys else speech),
    )
    for prompt in verb.prompts:
        _append(gather, prompt)
