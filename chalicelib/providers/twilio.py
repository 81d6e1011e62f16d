"""Twilio: answers each webhook with a TwiML document; signs with HMAC-SHA1.

REST https://www.twilio.com/docs/voice/api/call-resource
TwiML https://www.twilio.com/docs/voice/twiml
Signatures https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, ClassVar, Final, TypedDict, cast
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from chalicelib.calls.call import AnsweredBy, CallFailure, OnMachine, State
from chalicelib.calls.callbacks import Route
from chalicelib.calls.events import (
    CallEnded,
    CallOpened,
    CallProgressed,
    CarrierEvent,
    UnknownEvent,
)
from chalicelib.calls.sounds import SoundFormat
from chalicelib.calls.verbs import (
    Verb,
)
from chalicelib.errors import (
    CallGoneError,
    PayloadError,
    ProviderUncertainError,
    SignatureError,
)
from chalicelib.overriding import override
from chalicelib.providers.base import (
    CarrierView,
    DialOrder,
    Document,
    Feature,
    Provider,
    WebhookRequest,
)
from chalicelib.providers.documents import ASKS_AGAIN, document
from chalicelib.providers.faults import read_fault
from chalicelib.providers.queries import Common, read_answer, read_form, read_gather
from chalicelib.providers.twilio_documents import append
from chalicelib.providers.wire import Wire, gone

API_ROOT: Final = "https://api.twilio.com"
SIGNATURE_HEADER: Final = "X-Twilio-Signature"
SETTINGS_HEADER: Final = "X-Twilio-Webhooks-Signature-Settings"
STATUS_EVENTS: Final = ("initiated", "ringing", "answered", "completed")
SHORTEST_TIME_LIMIT_SECS: Final = 60
CLOCK_SLACK: Final = timedelta(seconds=5)
SID: Final = re.compile(r"[A-Za-z0-9]+")

# https://www.twilio.com/docs/voice/api/call-resource#call-status-values
# Enable tells as soon as it is known, DetectMessageEnd when a message can be left.
# https://www.twilio.com/docs/voice/answering-machine-detection
MACHINE_DETECTION: Final[Mapping[OnMachine, tuple[str, ...]]] = {
    OnMachine.OFF: (),
    OnMachine.HANGUP: ("Enable",),
    OnMachine.LEAVE_MESSAGE: ("DetectMessageEnd",),
}
ANSWERED_BY: Final = {
    "human": AnsweredBy.HUMAN,
    "machine": AnsweredBy.MACHINE,
    "fax": AnsweredBy.MACHINE,
}
PROGRESS: Final = {
    "queued": State.INITIATED,
    "initiated": State.INITIATED,
    "ringing": State.RINGING,
    "in-progress": State.ANSWERED,
}
ENDINGS: Final[Mapping[str, tuple[State | None, CallFailure | None]]] = {
    "completed": (None, None),
    "busy": (State.BUSY, None),
    "no-answer": (State.NO_ANSWER, None),
    "canceled": (
        State.ERROR,
        CallFailure(code="canceled", message="the call was canceled before it was answered"),
    ),
    "failed": (
        State.ERROR,
        CallFailure(code="failed", message="the carrier could not complete the call"),
    ),
}
# https://www.twilio.com/docs/voice/twiml/dial#dialcallstatus-values
REACHED: Final = frozenset({"completed", "answered"})
# https://www.twilio.com/docs/api/errors; 21220: the call is not in progress
GONE_CODES: Final = frozenset({"20404", "21220"})


class VoiceForm(TypedDict, total=False):
    """The fields of Twilio's requests that we read."""

    AnsweredBy: str
    CallSid: str
    CallStatus: str
    DialCallStatus: str
    From: str
    To: str
    Digits: str
    SpeechResult: str
    SipResponseCode: str


class Twilio(Provider):
    """Programmable Voice, with the credentials `account_sid` and `auth_token`."""

    name: ClassVar[str] = "twilio"
    # https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
    repetition: ClassVar[str] = ASKS_AGAIN
    features: ClassVar[frozenset[Feature]] = frozenset(Feature)
    plays: ClassVar[SoundFormat] = SoundFormat.MULAW_WAV
    voices: ClassVar[str] = r"man|woman|alice|(Polly|Google)\.[A-Za-z0-9-]+"
    needs: ClassVar[tuple[str, ...]] = ("account_sid", "auth_token")

    def __init__(self, credentials: Mapping[str, str], api_base_url: str = "") -> None:
        self._auth_token = credentials.get("auth_token", "")
        account_sid = credentials.get("account_sid", "")
        self._calls = f"/2010-04-01/Accounts/{account_sid}/Calls"
        self._wire = Wire(
            self.name,
            api_base_url or API_ROOT,
            auth=(account_sid, self._auth_token),
            read_fault=read_fault,
        )

    @override
    def verify(self, request: WebhookRequest) -> None:
        given = request.header(SIGNATURE_HEADER)
        if not given or not self._auth_token:
            raise SignatureError("missing")
        if request.header(SETTINGS_HEADER) is not None:
            # Shared-key signatures (public beta) are not what this account's token signs.
            raise SignatureError("malformed")
        signed = _signed_part(request)
        key = self._auth_token.encode()
        for url in _with_and_without_port(request.url):
            digest = b64encode(hmac.digest(key, (url + signed).encode(), "sha1"))
            if hmac.compare_digest(digest, given.encode()):
                return
        raise SignatureError("mismatch")

    @override
    def parse(self, request: WebhookRequest) -> list[CarrierEvent]:
        form = cast("VoiceForm", dict(read_form(request.body)))
        if "CallSid" not in form:
            message = "the request names no CallSid"
            raise PayloadError(message)
        query = request.query
        common: Common = {
            "provider_call_id": form["CallSid"],
            "call_id": query.get("call", ""),
            "raw": tuple((key, str(value)) for key, value in form.items()),
        }
        try:
            return [_READERS[Route(request.route)](form, query, common)]
        except ValueError as error:
            message = f"the address {request.route!r} carries a broken number"
            raise PayloadError(message) from error

    @override
    def render(self, verbs: Sequence[Verb]) -> Document:
        response = ET.Element("Response")
        for verb in verbs:
            append(response, verb)
        return document(response)

    @override
    def place(self, order: DialOrder) -> str:
        reply = self._wire.post_form(
            f"{self._calls}.json",
            [
                ("To", order.to_number),
                ("From", order.from_number),
                ("Url", order.answer_url),
                ("Method", "POST"),
                ("FallbackUrl", order.answer_url),
                ("FallbackMethod", "POST"),
                ("StatusCallback", order.status_url),
                ("StatusCallbackMethod", "POST"),
                *(("StatusCallbackEvent", event) for event in STATUS_EVENTS),
                ("Timeout", str(order.ring_timeout_secs)),
                ("TimeLimit", str(max(order.time_limit_secs, SHORTEST_TIME_LIMIT_SECS))),
                *(("MachineDetection", word) for word in MACHINE_DETECTION[order.on_machine]),
            ],
        )
        sid = reply.body.get("sid")
        if not isinstance(sid, str) or not sid:
            message = "twilio took the call and did not say which it is"
            raise ProviderUncertainError(message, provider=self.name, status_code=reply.status)
        return sid

    @override
    def interrupt(self, provider_call_id: str, url: str) -> None:
        self._update(provider_call_id, [("Url", url), ("Method", "POST")])

    @override
    def hang_up(self, provider_call_id: str) -> None:
        self._update(provider_call_id, [("Status", "completed")])

    @override
    def look_up(self, provider_call_id: str) -> CarrierView:
        with gone(*GONE_CODES):
            reply = self._wire.get(f"{self._calls}/{_sid(provider_call_id)}.json")
        return _view(reply.body)

    @override
    def find(self, order: DialOrder) -> CarrierView | None:
        # Twilio keeps nothing of ours on a call: the numbers and the time have to do. The filter
        # knows whole days only, and midnight may have passed meanwhile.
        reply = self._wire.get(
            f"{self._calls}.json",
            [
                ("To", order.to_number),
                ("From", order.from_number),
                ("StartTime>", (order.placed_at - timedelta(days=1)).date().isoformat()),
            ],
        )
        earliest = order.placed_at - CLOCK_SLACK
        candidates = [
            (created, call)
            for call in reply.body.get("calls", [])
            if str(call.get("direction", "")).startswith("outbound")
            and (created := _created(call)) is not None
            and created >= earliest
        ]
        if not candidates:
            return None
        return _view(min(candidates, key=lambda candidate: candidate[0])[1])

    def _update(self, provider_call_id: str, form: Sequence[tuple[str, str]]) -> None:
        with gone(*GONE_CODES):
            self._wire.repeat_form(f"{self._calls}/{_sid(provider_call_id)}.json", form)


def _signed_part(request: WebhookRequest) -> str:
    if request.method == "GET":
        return ""
    body_hash = request.query.get("bodySHA256")
    if body_hash is not None:
        if not hmac.compare_digest(sha256(request.body).hexdigest(), body_hash.lower()):
            raise SignatureError("mismatch")
        return ""
    if "json" in (request.header("Content-Type") or ""):
        raise SignatureError("malformed")
    # Each value of a repeated field counts once, as the vendor's own validator has it.
    return "".join(key + value for key, value in sorted(set(read_form(request.body))))


def _with_and_without_port(url: str) -> tuple[str, str]:
    """Twilio signs the address with its port or without, whichever it likes."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.partition(":")
    port = port or ("443" if parts.scheme == "https" else "80")
    return (
        parts._replace(netloc=host).geturl(),
        parts._replace(netloc=f"{host}:{port}").geturl(),
    )


def _answer(form: VoiceForm, query: Mapping[str, str], common: Common) -> CarrierEvent:
    from_number, to_number = form.get("From", ""), form.get("To", "")
    event = read_answer(query, common, from_number=from_number, to_number=to_number)
    if isinstance(event, CallOpened):
        # machine_start, machine_end_beep, machine_end_silence, machine_end_other; fax
        word = form.get("AnsweredBy", "").partition("_")[0]
        return replace(event, answered_by=ANSWERED_BY.get(word, event.answered_by))
    return event


def _gather(form: VoiceForm, query: Mapping[str, str], common: Common) -> CarrierEvent:
    # CallStatus is in-progress here as well: what was heard goes before it.
    if "transfer" in query and form.get("CallStatus") in ENDINGS:
        # The far end hung up while it was with a person: its status tells.
        return UnknownEvent(name="dial", **common)
    speech, digits = form.get("SpeechResult", ""), form.get("Digits", "")
    reached = form.get("DialCallStatus") in REACHED
    return read_gather(query, common, speech=speech, digits=digits, reached=reached)


def _status(form: VoiceForm, query: Mapping[str, str], common: Common) -> CarrierEvent:
    del query
    word = form.get("CallStatus", "")
    if word in PROGRESS:
        return CallProgressed(state=PROGRESS[word], **common)
    if word in ENDINGS:
        reason, error = ENDINGS[word]
        return CallEnded(reason=reason, error=error, **common)
    return UnknownEvent(name=word, **common)


_READERS: Final = {Route.ANSWER: _answer, Route.GATHER: _gather, Route.STATUS: _status}


def _sid(provider_call_id: str) -> str:
    if not SID.fullmatch(provider_call_id):
        message = "that is not the id of a call"
        raise CallGoneError(message, provider=Twilio.name)
    return provider_call_id


def _view(call: Mapping[str, Any]) -> CarrierView:
    status = str(call.get("status", ""))
    reason, error = ENDINGS.get(status, (None, None))
    return CarrierView(
        provider_call_id=str(call.get("sid", "")),
        state=PROGRESS.get(status),
        ended=status in ENDINGS,
        reason=reason,
        error=error,
    )


def _created(call: Mapping[str, Any]) -> datetime | None:
    try:
        return parsedate_to_datetime(str(call.get("date_created")))
    except ValueError:
        return None
