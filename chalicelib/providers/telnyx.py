"""Telnyx Call Control v2: takes commands by REST, tells by events; signs with Ed25519.

Commands https://developers.telnyx.com/docs/voice/programmable-voice/sending-commands
Events https://developers.telnyx.com/docs/voice/programmable-voice/voice-api-webhooks
Signatures https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks
"""

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, TypedDict, cast

from chalicelib.calls.call import AnsweredBy, CallFailure, OnMachine, State
from chalicelib.calls.events import (
    CallArrived,
    CallEnded,
    CallOpened,
    CallProgressed,
    CarrierEvent,
    Input,
    InputOverheard,
    SpeechEnded,
    TransferEnded,
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
    UnsupportedFeatureError,
)
from chalicelib.internet import Bearer
from chalicelib.overriding import override
from chalicelib.providers.base import (
    CarrierView,
    DialOrder,
    Document,
    Feature,
    Performance,
    Provider,
    WebhookRequest,
)
from chalicelib.providers.faults import read_fault
from chalicelib.providers.queries import Common
from chalicelib.providers.telnyx_commands import (
    LONGEST_SECS,
    ClientState,
    commands_for,
    name_of,
    read_state,
    write_state,
)
from chalicelib.providers.wire import Reply, Wire, gone

API_ROOT: Final = "https://api.telnyx.com"
SIGNATURE_HEADER: Final = "telnyx-signature-ed25519"
TIMESTAMP_HEADER: Final = "telnyx-timestamp"
TOLERANCE_SECS: Final = 300
# 422 with this code: the call has ended already (reply quoted in pipecat's PR 2054).
GONE_CODE: Final = "90018"

# https://developers.telnyx.com/api-reference/callbacks/call-hangup
ENDINGS: Final[Mapping[str, State]] = {
    "timeout": State.NO_ANSWER,
    "no_answer": State.NO_ANSWER,
    "user_busy": State.BUSY,
    "time_limit": State.TIMEOUT,
}
FAILURES: Final[Mapping[str, CallFailure]] = {
    "call_rejected": CallFailure(code="call_rejected", message="the call was rejected"),
    "originator_cancel": CallFailure(
        code="canceled", message="the call was canceled before it was answered"
    ),
    "not_found": CallFailure(code="not_found", message="the number does not exist"),
    "unspecified": CallFailure(code="failed", message="the carrier could not complete the call"),
}
UNREACHED: Final = frozenset(FAILURES) | {"timeout", "no_answer", "user_busy"}
"""How the call with a person ends who was not reached."""
SPOKEN: Final = frozenset({"speak", "playback_start"})
"""The commands whose end is told."""
UNINTERESTING: Final = frozenset({"call.speak.started", "call.playback.started"})
CALL_ID: Final = re.compile(r"[A-Za-z0-9:_-]+")
# https://developers.telnyx.com/docs/voice/programmable-voice/answering-machine-detection
MACHINE_DETECTION: Final[Mapping[OnMachine, Mapping[str, str]]] = {
    OnMachine.OFF: {},
    OnMachine.HANGUP: {"answering_machine_detection": "detect"},
    OnMachine.LEAVE_MESSAGE: {"answering_machine_detection": "greeting_end"},
}


class Payload(TypedDict, total=False):
    """The fields of Telnyx's events that we read."""

    call_control_id: str
    client_state: str | None
    direction: str
    digit: str
    hangup_cause: str
    result: str
    status: str
    transcription_data: dict[str, Any]


class Telnyx(Provider):
    """Call Control, with the credentials `api_key`, `connection_id` and `public_key`."""

    name: ClassVar[str] = "telnyx"
    takes_commands: ClassVar[bool] = True
    features: ClassVar[frozenset[Feature]] = frozenset(Feature) - {Feature.FIND_CALL}
    voices: ClassVar[str] = r"male|female|[A-Za-z]+(\.[\w:-]+)+"
    needs: ClassVar[tuple[str, ...]] = ("api_key", "connection_id", "public_key")

    def __init__(self, credentials: Mapping[str, str], api_base_url: str = "") -> None:
        self._public_key = credentials.get("public_key", "")
        self._connection_id = credentials.get("connection_id", "")
        self._wire = Wire(
            self.name,
            f"{api_base_url or API_ROOT}/v2",
            auth=Bearer(credentials.get("api_key", "")),
            read_fault=read_fault,
        )

    @override
    def verify(self, request: WebhookRequest) -> None:
        given, timestamp = request.header(SIGNATURE_HEADER), request.header(TIMESTAMP_HEADER)
        if not given or not timestamp or not self._public_key:
            raise SignatureError("missing")
        if not re.fullmatch(r"\d{1,15}", timestamp):
            raise SignatureError("malformed")
        if abs(int(request.received_at) - int(timestamp)) > TOLERANCE_SECS:
            raise SignatureError("stale")
        _check_ed25519(self._public_key, given, timestamp.encode() + b"|" + request.body)

    @override
    def parse(self, request: WebhookRequest) -> list[CarrierEvent]:
        try:
            event = json.loads(request.body)["data"]
            name, payload = event["event_type"], cast("Payload", event.get("payload") or {})
            at = datetime.fromisoformat(event["occurred_at"])
            state = read_state(payload.get("client_state"))
            common: Common = {
                "provider_call_id": payload["call_control_id"],
                "call_id": state.call,
                "delivery": str(event["id"]),
                "raw": (("body", request.body.decode()),),
            }
            return list(_events(name, payload, state, common, at=at))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = "the event is not of Telnyx's form"
            raise PayloadError(message) from error

    @override
    def render(self, verbs: Sequence[Verb]) -> Document:
        if verbs:
            raise UnsupportedFeatureError(self.name, "documents")
        return Document(content_type="application/json", body="{}")

    @override
    def place(self, order: DialOrder) -> str:
        reply = self._wire.post_json(
            "/calls",
            {
                "connection_id": self._connection_id,
                "from": order.from_number,
                "to": order.to_number,
                "webhook_url": order.status_url,
                "webhook_url_method": "POST",
                "client_state": write_state(
                    ClientState(call=order.call_id, machine=order.on_machine)
                ),
                "command_id": name_of(order.call_id, "dial"),
                "timeout_secs": order.ring_timeout_secs,
                "time_limit_secs": min(order.time_limit_secs, LONGEST_SECS),
                **MACHINE_DETECTION[order.on_machine],
            },
        )
        call = _data(reply).get("call_control_id")
        if not isinstance(call, str) or not call:
            message = "telnyx took the call and did not say which it is"
            raise ProviderUncertainError(message, provider=self.name, status_code=reply.status)
        return call

    @override
    def interrupt(self, provider_call_id: str, url: str) -> None:
        raise UnsupportedFeatureError(self.name, "documents")

    @override
    def utterances(self, verbs: Sequence[Verb]) -> int:
        actions = [action for verb in verbs for action, _ in commands_for(verb, call_id="")]
        return sum(action in SPOKEN for action in actions)

    @override
    def perform(self, performance: Performance) -> None:
        state = ClientState(call=performance.call_id, heard=performance.heard)
        commands = [
            command
            for verb in performance.verbs
            for command in commands_for(verb, call_id=performance.call_id)
        ]
        for number, (action, body) in enumerate(commands):
            self._command(
                performance.provider_call_id,
                action,
                {
                    **body,
                    "client_state": write_state(state),
                    "command_id": name_of(performance.call_id, f"{performance.mark}/{number}"),
                },
            )

    @override
    def hang_up(self, provider_call_id: str) -> None:
        command_id = name_of(provider_call_id, "hangup")
        self._command(provider_call_id, "hangup", {"command_id": command_id})

    @override
    def look_up(self, provider_call_id: str) -> CarrierView:
        with gone(GONE_CODE):
            reply = self._wire.get(f"/calls/{_id(provider_call_id)}")
        ended = _data(reply).get("is_alive") is False
        return CarrierView(provider_call_id=provider_call_id, state=None, ended=ended)

    @override
    def find(self, order: DialOrder) -> CarrierView | None:
        # Nothing lists calls by our id: its webhooks, which carry the id, are all there is.
        return None

    def _command(self, provider_call_id: str, action: str, body: Mapping[str, Any]) -> None:
        with gone(GONE_CODE):
            self._wire.repeat_json(f"/calls/{_id(provider_call_id)}/actions/{action}", body)


def _check_ed25519(public_key: str, signature: str, message: bytes) -> None:
    from nacl.exceptions import BadSignatureError  # noqa: PLC0415  # only Telnyx needs it
    from nacl.signing import VerifyKey  # noqa: PLC0415

    try:
        key = VerifyKey(b64decode(public_key, validate=True))
        key.verify(message, b64decode(signature, validate=True))
    except BadSignatureError as error:
        raise SignatureError("mismatch") from error
    except (binascii.Error, ValueError, TypeError) as error:
        raise SignatureError("malformed") from error


def _events(
    name: str, payload: Payload, state: ClientState, common: Common, *, at: datetime
) -> Iterator[CarrierEvent]:
    if state.handed:
        yield from _of_the_person(name, payload, state, common)
        return
    match name:
        case "call.transcription":
            yield from _transcribed(payload, common, at=at)
        case "call.dtmf.received":
            digit = str(payload["digit"])
            yield InputOverheard(at=at, input=Input.KEYS, text=digit, **common)
        case "call.speak.ended" | "call.playback.ended":
            # At the end of a call each of its words ends, too: nothing follows from that.
            if payload.get("status") != "call_hangup":
                yield SpeechEnded(heard=state.heard, **common)
        case _:
            yield from _progress(name, payload, state, common)


def _progress(
    name: str, payload: Payload, state: ClientState, common: Common
) -> Iterator[CarrierEvent]:
    match name:
        case "call.initiated" if payload.get("direction") == "incoming":
            numbers = {key: str(payload.get(key) or "") for key in ("from", "to")}
            yield CallArrived(from_number=numbers["from"], to_number=numbers["to"], **common)
        case "call.initiated":
            yield CallProgressed(state=State.INITIATED, **common)
        case "call.ringing":
            yield CallProgressed(state=State.RINGING, **common)
        case "call.answered" if state.machine != OnMachine.OFF:
            # Who it was is told in a moment: nothing is said before.
            yield CallProgressed(state=State.ANSWERED, **common)
        case "call.answered":
            yield CallOpened(**common)
        case "call.machine.detection.ended" | "call.machine.greeting.ended":
            yield from _answered_by(name, payload, state, common)
        case "call.hangup":
            cause = str(payload.get("hangup_cause") or "")
            reason = State.ERROR if cause in FAILURES else ENDINGS.get(cause)
            yield CallEnded(reason=reason, error=FAILURES.get(cause), **common)
        case _ if name not in UNINTERESTING:
            yield UnknownEvent(name=name, **common)


def _of_the_person(
    name: str, payload: Payload, state: ClientState, common: Common
) -> Iterator[CarrierEvent]:
    """Of the other leg only its end is told; if it was given up, our own leg tells why."""
    cause = str(payload.get("hangup_cause") or "")
    if name == "call.hangup" and cause != "originator_cancel":
        reached = cause not in UNREACHED
        yield TransferEnded(turn=state.handed, reached=reached, **common)


def _transcribed(payload: Payload, common: Common, *, at: datetime) -> Iterator[CarrierEvent]:
    heard = payload["transcription_data"]
    text = str(heard.get("transcript") or "").strip()
    if heard.get("is_final") and text:
        yield InputOverheard(at=at, input=Input.SPEECH, text=text, **common)


def _answered_by(
    name: str, payload: Payload, state: ClientState, common: Common
) -> Iterator[CarrierEvent]:
    """A machine that we want to leave a message on is opened when its greeting is over."""
    if name == "call.machine.greeting.ended":
        yield CallOpened(answered_by=AnsweredBy.MACHINE, **common)
    elif payload.get("result") != "machine":
        yield CallOpened(answered_by=AnsweredBy.HUMAN, **common)
    elif state.machine == OnMachine.HANGUP:
        yield CallOpened(answered_by=AnsweredBy.MACHINE, **common)


def _data(reply: Reply) -> Mapping[str, Any]:
    data = reply.body.get("data")
    return data if isinstance(data, Mapping) else {}


def _id(provider_call_id: str) -> str:
    if not CALL_ID.fullmatch(provider_call_id):
        message = "that is not the id of a call"
        raise CallGoneError(message, provider=Telnyx.name)
    return provider_call_id
