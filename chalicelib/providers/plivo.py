"""Plivo: answers each webhook with a Plivo XML document; signs with HMAC-SHA256 and a nonce.

REST https://www.plivo.com/docs/voice/api/call
XML https://www.plivo.com/docs/voice/xml/overview
Signatures https://www.plivo.com/docs/voice/concepts/signature-validation
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Final, TypedDict, cast
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

from chalicelib.calls.call import CallFailure, OnMachine, State
from chalicelib.calls.callbacks import Route
from chalicelib.calls.events import (
    CallEnded,
    CallProgressed,
    CarrierEvent,
    MachineDetected,
    UnknownEvent,
)
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
from chalicelib.providers.plivo_documents import append
from chalicelib.providers.queries import Common, read_answer, read_form, read_gather
from chalicelib.providers.wire import Wire, gone

API_ROOT: Final = "https://api.plivo.com"
NONCE_HEADER: Final = "X-Plivo-Signature-V3-Nonce"
SIGNATURE_HEADER: Final = "X-Plivo-Signature-V3"
MAIN_SIGNATURE_HEADER: Final = "X-Plivo-Signature-Ma-V3"
CALL_UUID: Final = re.compile(r"[A-Za-z0-9-]+")
UNFINISHED: Final = ("queued", "live")
"""The lists of calls that are not over, in the order in which a call moves on."""

# https://www.plivo.com/docs/voice/api/call#the-call-object
PROGRESS: Final = {
    "queued": State.INITIATED,
    "ringing": State.RINGING,
    "in-progress": State.ANSWERED,
}
# https://docs.plivo.com/docs/voice/use-cases/dial-status-reporting-xml
REACHED: Final = "completed"
FINISHED: Final = frozenset({"completed", "busy", "no-answer", "timeout", "failed"})
CANCELED: Final = CallFailure(
    code="canceled", message="the call was canceled before it was answered"
)
# https://www.plivo.com/docs/voice/troubleshooting/hangup-causes; codes, causes and states
ENDINGS: Final[Mapping[str, tuple[State, CallFailure | None]]] = {
    "1000": (State.ERROR, CANCELED),
    "3000": (State.NO_ANSWER, None),
    "3010": (State.BUSY, None),
    "3100": (State.BUSY, None),
    "6000": (State.TIMEOUT, None),
    "6010": (State.NO_ANSWER, None),
    "ORIGINATOR_CANCEL": (State.ERROR, CANCELED),
    "USER_BUSY": (State.BUSY, None),
    "NO_ANSWER": (State.NO_ANSWER, None),
    "busy": (State.BUSY, None),
    "no-answer": (State.NO_ANSWER, None),
    "timeout": (State.NO_ANSWER, None),
}


class CallForm(TypedDict, total=False):
    """The fields of Plivo's requests that we read."""

    CallUUID: str
    CallStatus: str
    DialStatus: str
    Event: str
    From: str
    To: str
    Digits: str
    Speech: str
    HangupCause: str
    HangupCauseCode: str


class Plivo(Provider):
    """Voice, with the credentials `auth_id` and `auth_token`.

    For a subaccount, `main_auth_token` may stand beside them: then what the main account signs
    for it is believed as well.
    """

    name: ClassVar[str] = "plivo"
    # https://www.plivo.com/docs/voice/concepts/callback-configurations
    repetition: ClassVar[str] = ASKS_AGAIN
    features: ClassVar[frozenset[Feature]] = frozenset(Feature) - {
        Feature.FIND_CALL,
        Feature.GREETING_END,
        # Its shortest silence is 5 s (`executionTimeout`): so long a late reply would be later.
        Feature.HEAR_WAITING,
    }
    voices: ClassVar[str] = r"WOMAN|MAN|Polly\.[A-Za-z0-9-]+"
    needs: ClassVar[tuple[str, ...]] = ("auth_id", "auth_token")
    accepts: ClassVar[tuple[str, ...]] = ("main_auth_token",)

    def __init__(self, credentials: Mapping[str, str], api_base_url: str = "") -> None:
        auth_id, auth_token = credentials.get("auth_id", ""), credentials.get("auth_token", "")
        self._keys = (
            (SIGNATURE_HEADER, auth_token),
            (MAIN_SIGNATURE_HEADER, credentials.get("main_auth_token", "")),
        )
        self._calls = f"/v1/Account/{auth_id}/Call/"
        self._wire = Wire(
            self.name,
            api_base_url or API_ROOT,
            auth=(auth_id, auth_token),
            read_fault=read_fault,
        )

    @override
    def verify(self, request: WebhookRequest) -> None:
        # V2 covers neither the query nor the body, and is refused as if it were not there.
        nonce = request.header(NONCE_HEADER)
        given = [(request.header(header), key) for header, key in self._keys]
        if not nonce or not any(signatures and key for signatures, key in given):
            raise SignatureError("missing")
        signed = f"{_signed_part(request)}.{nonce}".encode()
        for signatures, key in given:
            if not signatures or not key:
                continue
            digest = b64encode(hmac.digest(key.encode(), signed, "sha256"))
            # While a token is being changed there are several, one for each.
            for signature in re.split(" *, *", signatures):
                if hmac.compare_digest(digest, signature.encode()):
                    return
        raise SignatureError("mismatch")

    @override
    def parse(self, request: WebhookRequest) -> list[CarrierEvent]:
        fields = _fields(request)
        form = cast("CallForm", dict(fields))
        if not form.get("CallUUID"):
            message = "the request names no CallUUID"
            raise PayloadError(message)
        query = request.query
        common: Common = {
            "provider_call_id": form["CallUUID"],
            "call_id": query.get("call", ""),
            "raw": tuple(fields),
            "delivery": request.header(NONCE_HEADER) or "",
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
        reply = self._wire.post_json(
            self._calls,
            {
                "from": order.from_number,
                "to": order.to_number,
                "answer_url": order.answer_url,
                "answer_method": "POST",
                # Without one, a document that fails once ends the call; ours may be asked again.
                "fallback_url": order.answer_url,
                "fallback_method": "POST",
                "ring_url": order.status_url,
                "ring_method": "POST",
                "hangup_url": order.status_url,
                "hangup_method": "POST",
                # Not hangup_on_ring: that one limits the whole call, from the first ring on.
                "ring_timeout": order.ring_timeout_secs,
                "time_limit": order.time_limit_secs,
                **_machine_detection(order),
            },
        )
        # For a call to one number this is its CallUUID, too.
        # https://github.com/plivo/plivo-python/issues/44
        request_uuid = reply.body.get("request_uuid")
        if not isinstance(request_uuid, str) or not request_uuid:
            message = "plivo took the call and did not say which it is"
            raise ProviderUncertainError(message, provider=self.name, status_code=reply.status)
        return request_uuid

    @override
    def interrupt(self, provider_call_id: str, url: str) -> None:
        leave = {"legs": "aleg", "aleg_url": url, "aleg_method": "POST"}
        with gone():
            self._wire.repeat_json(self._call(provider_call_id), leave)

    @override
    def hang_up(self, provider_call_id: str) -> None:
        # The uuid of the request ends a call that is not answered yet here as well, so that
        # Request/{uuid}/ would tell nothing new.
        with gone():
            self._wire.delete(self._call(provider_call_id))

    @override
    def look_up(self, provider_call_id: str) -> CarrierView:
        path = self._call(provider_call_id)
        for status in UNFINISHED:
            with suppress(CallGoneError), gone():
                return _view(provider_call_id, self._wire.get(path, [("status", status)]).body)
        with gone():
            return _view(provider_call_id, self._wire.get(path).body)

    @override
    def find(self, order: DialOrder) -> CarrierView | None:
        # Plivo keeps nothing of ours on a call, and lists no unfinished ones with their times.
        del order
        return None

    def _call(self, provider_call_id: str) -> str:
        # Without a uuid, DELETE would end every call of the account.
        if not CALL_UUID.fullmatch(provider_call_id):
            message = "that is not the id of a call"
            raise CallGoneError(message, provider=self.name)
        return f"{self._calls}{provider_call_id}/"


def _machine_detection(order: DialOrder) -> dict[str, str]:
    if order.on_machine is OnMachine.OFF:
        return {}
    # Not "hangup": that would end the call as if a person had.
    return {
        "machine_detection": "true",
        "machine_detection_url": order.status_url,
        "machine_detection_method": "POST",
    }


def _signed_part(request: WebhookRequest) -> str:
    address = urlsplit(request.url)
    base = f"{address.scheme}://{address.netloc}{address.path}"
    pairs = sorted(parse_qsl(address.query, keep_blank_values=True))
    query = "&".join(f"{key}={value}" for key, value in pairs)
    fields = [] if request.method == "GET" else sorted(read_form(request.body))
    if not fields:
        return f"{base}?{query}" if query else base
    # The documentation has a dot here even without a query; the vendor's library has none.
    dot = "." if query else ""
    return f"{base}?{query}{dot}{''.join(key + value for key, value in fields)}"


def _fields(request: WebhookRequest) -> tuple[tuple[str, str], ...]:
    return tuple(request.query.items()) if request.method == "GET" else read_form(request.body)


def _answer(form: CallForm, query: Mapping[str, str], common: Common) -> CarrierEvent:
    from_number, to_number = form.get("From", ""), form.get("To", "")
    return read_answer(query, common, from_number=from_number, to_number=to_number)


def _gather(form: CallForm, query: Mapping[str, str], common: Common) -> CarrierEvent:
    if "transfer" in query and form.get("CallStatus") in FINISHED:
        # The far end hung up while it was with a person: its status tells.
        return UnknownEvent(name="dial", **common)
    speech, digits = form.get("Speech", ""), form.get("Digits", "")
    reached = form.get("DialStatus") == REACHED
    return read_gather(query, common, speech=speech, digits=digits, reached=reached)


def _status(form: CallForm, query: Mapping[str, str], common: Common) -> CarrierEvent:
    del query
    word, event = form.get("CallStatus", ""), form.get("Event", "")
    # Some hang-ups come without their event, so that the state has to do.
    if event == "Hangup" or word in FINISHED:
        code, cause = form.get("HangupCauseCode", ""), form.get("HangupCause", "")
        reason, error = _ending(code, cause, word)
        return CallEnded(reason=reason, error=error, **common)
    if event == "MachineDetection":
        return MachineDetected(**common)
    if word in PROGRESS:
        return CallProgressed(state=PROGRESS[word], **common)
    return UnknownEvent(name=word or event, **common)


_READERS: Final = {Route.ANSWER: _answer, Route.GATHER: _gather, Route.STATUS: _status}


def _ending(code: str, cause: str, status: str) -> tuple[State | None, CallFailure | None]:
    for word in (code, cause, status):
        if word in ENDINGS:
            return ENDINGS[word]
    if status != "failed":
        return None, None
    words = f" ({cause})" if cause else ""
    message = f"the carrier could not complete the call{words}"
    return State.ERROR, CallFailure(code=code or cause or status, message=message)


def _view(provider_call_id: str, call: Mapping[str, Any]) -> CarrierView:
    status = str(call.get("call_status") or "")
    if not status and call.get("end_time"):
        status = "completed" if call.get("answer_time") else "failed"
    ended = status in FINISHED
    code = str(call.get("hangup_cause_code") or "")
    reason, error = _ending(code, "", status) if ended else (None, None)
    return CarrierView(
        provider_call_id=provider_call_id,
        state=PROGRESS.get(status),
        ended=ended,
        reason=reason,
        error=error,
    )
