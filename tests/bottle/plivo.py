"""Plivo in a bottle."""

from collections.abc import Mapping
from itertools import count
from typing import Any, ClassVar, Final
from uuid import UUID

from plivo.utils.signature_v3 import construct_post_url, get_signature_v3

from chalicelib.overriding import override
from chalicelib.providers.base import WebhookRequest
from tests.bottle.carrier import Asked, CarrierCall, Status, Told
from tests.bottle.documents import DocumentCarrier, Fields
from tests.builders import NOON
from tests.contract.plivo import AUTH_TOKEN, PlivoCase, params

STATES: Final = {"queued": "queued", "ringing": "ringing", "talking": "in-progress"}
ENDINGS: Final = {
    "completed": ("completed", "NORMAL_CLEARING", "4000"),
    "busy": ("busy", "USER_BUSY", "3010"),
    "no_answer": ("no-answer", "NO_ANSWER", "3000"),
    "failed": ("failed", "UNALLOCATED_NUMBER", "2000"),
}


NOT_FOUND: Final = Told(404, {"error": "not found"})


class BottledPlivo(DocumentCarrier):
    name: ClassVar[str] = "plivo"
    host: ClassVar[str] = "api.plivo.com"
    say_tag = "Speak"
    gather_tag = "GetInput"
    _nonces = count(1)

    @property
    @override
    def credentials(self) -> Mapping[str, str]:
        return PlivoCase.credentials

    @override
    def new_sid(self, number: int) -> str:
        return str(UUID(int=number))

    @override
    def signed(self, url: str, fields: Fields) -> WebhookRequest:
        nonce = f"{next(self._nonces):020}"
        text = construct_post_url(url, params(fields)).decode()
        signature = get_signature_v3(AUTH_TOKEN.encode(), text, nonce).decode()
        return WebhookRequest(
            method="POST",
            url=url,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Plivo-Signature-V3": signature,
                "X-Plivo-Signature-V3-Nonce": nonce,
            },
            body=PlivoCase().encoded(fields),
            received_at=NOON.timestamp(),
        )

    @override
    def facts(self, call: CarrierCall) -> Fields:
        status = ENDINGS[call.ending][0] if call.ending else STATES[call.status.value]
        return [
            ("CallUUID", call.sid),
            ("CallStatus", status),
            ("From", call.from_number.removeprefix("+")),
            ("To", call.to_number.removeprefix("+")),
        ]

    @override
    def status_fields(self, call: CarrierCall, word: str) -> Fields:
        if call.ending:
            _, cause, code = ENDINGS[call.ending]
            return [("Event", "Hangup"), ("HangupCause", cause), ("HangupCauseCode", code)]
        return [("Event", "Ring" if word == "ringing" else "StartApp")]

    @override
    def heard_fields(self, speech: str, digits: str) -> Fields:
        return [("Event", "GetInput"), ("Speech", speech), ("Digits", digits)]

    @override
    def silence_leads_to_action(self) -> bool:
        return False

    @override
    def handle(self, asked: Asked) -> Told:
        sid = asked.path.rstrip("/").rpartition("/")[2]
        if sid == "Call":
            return self._create(asked.body)
        call = self.calls.get(sid)
        if asked.method == "GET":
            wanted = asked.query.get("status")
            is_found = call is not None and wanted in {None, _liveness(call)}
            return Told(200, _shown(call)) if call and is_found else NOT_FOUND
        return self._change(call, asked) if call and not call.is_over else NOT_FOUND

    def _change(self, call: CarrierCall, asked: Asked) -> Told:
        if asked.method == "DELETE":
            self.ends(call, "completed" if call.status is Status.TALKING else "no_answer")
            return Told(204, None)
        if call.status is not Status.TALKING:
            return NOT_FOUND
        self.redirect(call, str(asked.body["aleg_url"]))
        return Told(202, {"message": "call transferred"})

    def _create(self, body: Mapping[str, Any]) -> Told:
        call = self._new_call(inbound=False, from_number=body["from"], to_number=body["to"])
        call.addresses = {"answer": body["answer_url"], "status": body["hangup_url"]}
        self.dial(call)
        return Told(201, {"message": "call fired", "request_uuid": call.sid, "api_id": "a"})


def _liveness(call: CarrierCall) -> str:
    return {"queued": "queued", "ringing": "queued", "talking": "live"}.get(call.status, "")


def _shown(call: CarrierCall) -> dict[str, object]:
    if not call.is_over:
        return {"call_uuid": call.sid, "call_status": STATES[call.status.value]}
    _, _, code = ENDINGS[call.ending]
    answered = "2026-03-02 12:00:00" if call.words else None
    return {
        "call_uuid": call.sid,
        "end_time": "2026-03-02 12:01:00",
        "answer_time": answered,
        "hangup_cause_code": int(code),
    }
