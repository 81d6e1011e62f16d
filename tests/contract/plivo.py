import inspect
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlencode

from plivo import plivoxml
from plivo.resources.calls import Calls
from plivo.utils import validate_v3_signature
from plivo.utils.signature_v3 import construct_get_url, construct_post_url, get_signature_v3

from chalicelib.calls.call import CallFailure, OnMachine, State
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

AUTH_ID: Final = "MAMTIZNDU2Nzg5MDEyM0"
AUTH_TOKEN: Final = "NGYwYzJhOWQ3YjFlNDZjOGE1ZDNmMmUxYjBjOWQ4"
MAIN_AUTH_TOKEN: Final = "TWFpbkFjY291bnRUb2tlbjAwMDAwMDAwMDAwMDA"
CALL_UUID: Final = "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"
CALLS: Final = f"https://api.plivo.com/v1/Account/{AUTH_ID}/Call/"
ONE_CALL: Final = f"{CALLS}{CALL_UUID}/"
BASIC: Final = b64encode(f"{AUTH_ID}:{AUTH_TOKEN}".encode()).decode()
NONCE: Final = "31627761595286130198"
SIGNATURE: Final = "X-Plivo-Signature-V3"
MAIN_SIGNATURE: Final = "X-Plivo-Signature-Ma-V3"
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
CANCELED: Final = CallFailure(
    code="canceled", message="the call was canceled before it was answered"
)
DEAD: Final = CallFailure(
    code="3050", message="the carrier could not complete the call (UNALLOCATED_NUMBER)"
)


def _parameters(method: object) -> frozenset[str]:
    """The vendor's `from_` is `from` on the wire."""
    names = inspect.signature(method).parameters  # type: ignore[arg-type]
    return frozenset(name.rstrip("_") for name in names)


def _answer(**content: object) -> dict[str, object]:
    return {"api_id": "ff09383e-246f-11ea-8a9f-0242ac110004", **content}


def unfinished(status: str) -> dict[str, object]:
    return _answer(
        call_status=status,
        call_uuid=CALL_UUID,
        request_uuid=CALL_UUID,
        direction="outbound",
        session_start="2026-03-02 12:00:01.238707",
        to="15559876543",
        **{"from": "15551234567"},
    )


def finished(code: int | None, *, answered: bool) -> dict[str, object]:
    return _answer(
        answer_time="2026-03-02 17:30:09+05:30" if answered else None,
        call_direction="outbound",
        call_uuid=CALL_UUID,
        end_time="2026-03-02 17:31:09+05:30",
        from_number="+15551234567",
        hangup_cause_code=code,
        hangup_cause_name="Some Reason",
        hangup_source="Callee",
        to_number="15559876543",
    )


def view(**facts: Any) -> CarrierView:
    return CarrierView(provider_call_id=CALL_UUID, **{"state": None, "ended": True} | facts)


def params(fields: Fields) -> dict[str, list[str]]:
    """What the vendor's library takes for a form."""
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


def signature(url: str, fields: Fields, *, method: str = "POST", token: str = AUTH_TOKEN) -> str:
    get = method == "GET"
    text = construct_get_url(url, {}) if get else construct_post_url(url, params(fields))
    return str(get_signature_v3(token.encode(), text.decode(), NONCE).decode())


PLACE: Final = Operation(
    name="place",
    run=lambda provider: provider.place(ORDER),
    method="POST",
    url=CALLS,
    fields=(
        ("from", ORDER.from_number),
        ("to", ORDER.to_number),
        ("answer_url", ORDER.answer_url),
        ("answer_method", "POST"),
        ("fallback_url", ORDER.answer_url),
        ("fallback_method", "POST"),
        ("ring_url", ORDER.status_url),
        ("ring_method", "POST"),
        ("hangup_url", ORDER.status_url),
        ("hangup_method", "POST"),
        ("ring_timeout", 30),
        ("time_limit", 3630),
    ),
    known=_parameters(Calls.create),
    answer=_answer(message="call fired", request_uuid=CALL_UUID),
    gives=CALL_UUID,
    repeats=False,
    needs_live_call=False,
)
PLACE_WITH_DETECTION: Final = replace(
    PLACE,
    name="place a call that may meet a machine",
    run=lambda provider: provider.place(replace(ORDER, on_machine=OnMachine.LEAVE_MESSAGE)),
    fields=(
        *PLACE.fields,
        ("machine_detection", "true"),
        ("machine_detection_url", ORDER.status_url),
        ("machine_detection_method", "POST"),
    ),
)
INTERRUPT: Final = Operation(
    name="interrupt",
    run=lambda provider: provider.interrupt(CALL_UUID, "https://phone.example.com/gather"),
    method="POST",
    url=ONE_CALL,
    fields=(
        ("legs", "aleg"),
        ("aleg_url", "https://phone.example.com/gather"),
        ("aleg_method", "POST"),
    ),
    known=_parameters(Calls.update),
    answer=_answer(message="call transferred", call_uuids=[CALL_UUID]),
    repeats=True,
    needs_live_call=True,
)
HANG_UP: Final = Operation(
    name="hang_up",
    run=lambda provider: provider.hang_up(CALL_UUID),
    method="DELETE",
    url=ONE_CALL,
    answer=_answer(),
    repeats=True,
    needs_live_call=True,
)
LOOK_UP: Final = Operation(
    name="look_up",
    run=lambda provider: provider.look_up(CALL_UUID),
    method="GET",
    url=ONE_CALL,
    fields=(("status", "queued"),),
    known=frozenset({"status"}),
    answer=unfinished("queued"),
    gives=view(state=State.INITIATED, ended=False),
    repeats=True,
    needs_live_call=True,
)


class PlivoCase(Case):
    name = "plivo"
    credentials: ClassVar = {"auth_id": AUTH_ID, "auth_token": AUTH_TOKEN}
    foreign_credentials: ClassVar = {"auth_id": AUTH_ID, "auth_token": "f" * 40}
    secrets = (AUTH_TOKEN, BASIC)
    signature_header = SIGNATURE
    signs_address = True
    tolerance_secs = None
    address = f"https://phone.example.com/api/channels/telephony/plivo/gather?call={CALL_ID}&turn=1"
    events: ClassVar[Mapping[Situation, CarrierEvent | None]] = {
        Situation.INBOUND: CallArrived(
            provider_call_id=CALL_UUID, from_number="15559876543", to_number="15551234567"
        ),
        Situation.OPENED: CallOpened(provider_call_id=CALL_UUID, call_id=CALL_ID),
        Situation.RINGING: CallProgressed(
            provider_call_id=CALL_UUID, call_id=CALL_ID, state=State.RINGING
        ),
        Situation.COMPLETED: CallEnded(provider_call_id=CALL_UUID, call_id=CALL_ID),
        Situation.BUSY: CallEnded(provider_call_id=CALL_UUID, call_id=CALL_ID, reason=State.BUSY),
        Situation.NO_ANSWER: CallEnded(
            provider_call_id=CALL_UUID, call_id=CALL_ID, reason=State.NO_ANSWER
        ),
        Situation.TIME_LIMIT: CallEnded(
            provider_call_id=CALL_UUID, call_id=CALL_ID, reason=State.TIMEOUT
        ),
        Situation.FAILED: CallEnded(
            provider_call_id=CALL_UUID, call_id=CALL_ID, reason=State.ERROR, error=DEAD
        ),
        Situation.CANCELED: CallEnded(
            provider_call_id=CALL_UUID, call_id=CALL_ID, reason=State.ERROR, error=CANCELED
        ),
        Situation.SPEECH: InputGathered(
            provider_call_id=CALL_UUID,
            call_id=CALL_ID,
            turn=2,
            input=Input.SPEECH,
            text="Can we move it to Friday? Café at 3 & no + sign.",
        ),
        Situation.KEYS: InputGathered(
            provider_call_id=CALL_UUID, call_id=CALL_ID, turn=3, input=Input.KEYS, text="12*"
        ),
        Situation.SILENCE: InputGathered(
            provider_call_id=CALL_UUID, call_id=CALL_ID, turn=4, input=Input.NOTHING, quiet=1
        ),
        Situation.REPLY_AWAITED: ReplyAwaited(
            provider_call_id=CALL_UUID,
            call_id=CALL_ID,
            turn=5,
            since=1772452800,
            told=1772452806,
            part=2,
        ),
        Situation.RESUMED: ResumeAsked(
            provider_call_id=CALL_UUID, call_id=CALL_ID, slot="000005-bot-1772452800000250"
        ),
        Situation.UNKNOWN_WORD: UnknownEvent(
            provider_call_id=CALL_UUID, call_id=CALL_ID, name="teleported"
        ),
    }
    gaps: ClassVar[frozenset[Situation]] = frozenset(
        {
            Situation.INITIATED,
            Situation.ANSWERED,
            Situation.INTERIM_SPEECH,
            Situation.SPEECH_ENDED,
        }
    )
    authorization = f"Basic {BASIC}"
    operations = (PLACE, PLACE_WITH_DETECTION, INTERRUPT, HANG_UP, LOOK_UP)
    views = (
        (unfinished("queued"), view(state=State.INITIATED, ended=False)),
        (unfinished("ringing"), view(state=State.RINGING, ended=False)),
        (unfinished("in-progress"), view(state=State.ANSWERED, ended=False)),
        (unfinished("teleported"), view(ended=False)),
        (finished(4000, answered=True), view()),
        (finished(6000, answered=True), view(reason=State.TIMEOUT)),
        (finished(3010, answered=False), view(reason=State.BUSY)),
        (finished(6010, answered=False), view(reason=State.NO_ANSWER)),
        (finished(1000, answered=False), view(reason=State.ERROR, error=CANCELED)),
        (
            finished(2000, answered=False),
            view(
                reason=State.ERROR,
                error=CallFailure(code="2000", message="the carrier could not complete the call"),
            ),
        ),
        (
            finished(None, answered=False),
            view(
                reason=State.ERROR,
                error=CallFailure(code="failed", message="the carrier could not complete the call"),
            ),
        ),
    )
    nothing_found: ClassVar[object] = None
    refusal = Refusal(
        status=400, body=_answer(error="to is not a valid phone number: +15559876543"), code=""
    )
    gone = (
        Refusal(status=404, body=_answer(error="call not found")),
        Refusal(status=404, body={}),
    )
    say_tag = "Speak"
    say_limit = 3000

    @override
    def credentials_of(self, vector: Mapping[str, Any]) -> Mapping[str, str]:
        token = vector["credentials"]["auth_token"]
        if vector["credentials"].get("header") == MAIN_SIGNATURE:
            return {"auth_token": AUTH_TOKEN, "main_auth_token": token}
        return {"auth_token": token}

    @override
    def encoded(self, fields: Fields) -> bytes:
        return urlencode(fields).encode()

    @override
    def decoded(self, body: bytes) -> Fields:
        return parse_qsl(body.decode(), keep_blank_values=True)

    @override
    def signed(self, url: str, body: bytes) -> WebhookRequest:
        nonce = {f"{SIGNATURE}-Nonce": NONCE}
        return WebhookRequest(
            method="POST",
            url=url,
            headers={**FORM, **nonce, SIGNATURE: signature(url, self.decoded(body))},
            body=body,
            received_at=NOON.timestamp(),
        )

    @override
    def vendor_accepts(self, request: WebhookRequest) -> bool:
        return bool(
            validate_v3_signature(
                request.method,
                request.url,
                request.header("X-Plivo-Signature-V3-Nonce") or NONCE,
                AUTH_TOKEN,
                request.headers[SIGNATURE],
                params(self.decoded(request.body)),
            )
        )

    @override
    def also_signed(self) -> Mapping[str, WebhookRequest]:
        good = self.signed(self.address, b"CallUUID=c-1")
        bare = self.address.partition("?")[0]
        local = self.address.replace("https://phone.example.com", "http://127.0.0.1:18789")
        by_get = signature(self.address, (), method="GET")
        rotating = f"{signature(self.address, (), token='old')} , {good.headers[SIGNATURE]}"
        return {
            "a GET": replace(self.with_signature(good, by_get), method="GET", body=b"ignored"),
            "only a query": self.signed(self.address, b""),
            "only a body": self.signed(bare, b"CallUUID=c-1"),
            "neither": self.signed(bare, b""),
            "an address with a port": self.signed(local, b"CallUUID=c-1"),
            "two tokens, while one takes over": self.with_signature(good, rotating),
        }

    @override
    def never_signed(self) -> Mapping[str, WebhookRequest]:
        good = self.signed(self.address, b"CallUUID=c-1")
        other_nonce = {**good.headers, f"{SIGNATURE}-Nonce": "1"}
        no_nonce = {k: v for k, v in good.headers.items() if not k.endswith("Nonce")}
        main_only = {**FORM, f"{SIGNATURE}-Nonce": NONCE, MAIN_SIGNATURE: good.headers[SIGNATURE]}
        return {
            "another nonce": replace(good, headers=other_nonce),
            "no nonce": replace(good, headers=no_nonce),
            "a main account of which we know nothing": replace(good, headers=main_only),
            "a port that was not called": replace(
                good, url=self.address.replace(".com/", ".com:443/")
            ),
            "a body that is no text": replace(good, body=b"\xff\xfe"),
        }

    @override
    def unreadable(self) -> Mapping[str, WebhookRequest]:
        base = self.address.partition("gather")[0]
        return {
            "no call": self.signed(self.address, b"From=15559876543"),
            "no such door": self.signed(f"{base}elsewhere", b"CallUUID=c-1"),
            "a broken turn": self.signed(f"{base}gather?turn=two", b"CallUUID=c-1"),
        }

    @override
    def vendor_document(self, verbs: Sequence[Verb]) -> str:
        response = plivoxml.ResponseElement()
        for verb in verbs:
            _append(response, verb)
        return str(response.to_string(pretty=False))


def _append(parent: Any, verb: Verb) -> None:
    match verb:
        case Say():
            parent.add_speak(verb.text, language=verb.language, voice=verb.voice or None)
        case Play(url):
            parent.add_play(url)
        case Pause(seconds):
            parent.add_wait(length=seconds, silence=True, min_silence=seconds * 1000)
        case SendDigits(digits):
            parent.add_dtmf(digits, async_=False)
        case Dial():
            dial = plivoxml.DialElement(
                action=verb.action,
                method="POST",
                timeout=verb.ring_secs,
                time_limit=verb.longest_secs,
                caller_id=verb.caller_id,
            )
            parent.add(dial.add_number(verb.number))
        case Redirect(url):
            parent.add_redirect(url, method="POST")
        case Reject(reason):
            parent.add_hangup(reason=reason)
        case HangUp():
            parent.add_hangup()
        case Gather():
            _append_gather(parent, verb)


def _append_gather(parent: Any, verb: Gather) -> None:
    pauses = [place for place, prompt in enumerate(verb.prompts, 1) if isinstance(prompt, Pause)]
    first = pauses[-1] if pauses else 0
    for prompt in verb.prompts[:first]:
        _append(parent, prompt)
    finish = verb.finish_key or "none"
    keys = {"input_type": "dtmf", "num_digits": verb.keys, "finish_on_key": finish}
    speech = {"input_type": "dtmf speech", "language": verb.language}
    listening = plivoxml.GetInputElement(
        action=verb.action,
        method="POST",
        execution_timeout=max(5, verb.timeout_secs),
        redirect=True,
        **(keys if verb.keys else speech),
    )
    for prompt in verb.prompts[first:]:
        _append(listening, prompt)
    parent.add(listening)
