"""Twilio in a bottle."""

from collections.abc import Mapping
from dataclasses import replace
from email.utils import format_datetime
from typing import Any, ClassVar, Final

from chalicelib.overriding import override
from chalicelib.providers.base import WebhookRequest
from tests.bottle.carrier import Asked, CarrierCall, Status, Told
from tests.bottle.documents import DocumentCarrier, Fields
from tests.builders import NOON
from tests.contract.twilio import TwilioCase

WORDS: Final = {
    "queued": "queued",
    "ringing": "ringing",
    "talking": "in-progress",
    "answered": "in-progress",
    "completed": "completed",
    "busy": "busy",
    "no_answer": "no-answer",
    "failed": "failed",
}


class BottledTwilio(DocumentCarrier):
    name: ClassVar[str] = "twilio"
    host: ClassVar[str] = "api.twilio.com"
    say_tag = "Say"
    gather_tag = "Gather"

    @property
    @override
    def credentials(self) -> Mapping[str, str]:
        return TwilioCase.credentials

    @override
    def new_sid(self, number: int) -> str:
        return f"CA{number:032x}"

    @override
    def signed(self, url: str, fields: Fields) -> WebhookRequest:
        case = TwilioCase()
        return replace(case.signed(url, case.encoded(fields)), url=url)

    @override
    def facts(self, call: CarrierCall) -> Fields:
        status = WORDS[call.ending or call.status.value]
        return [
            ("CallSid", call.sid),
            ("CallStatus", status),
            ("From", call.from_number),
            ("To", call.to_number),
        ]

    @override
    def status_fields(self, call: CarrierCall, word: str) -> Fields:
        return [("CallbackSource", "call-progress-events"), ("SequenceNumber", str(len(self.news)))]

    @override
    def heard_fields(self, speech: str, digits: str) -> Fields:
        if speech:
            return [("SpeechResult", speech), ("Confidence", "0.93")]
        return [("Digits", digits)] if digits else []

    @override
    def silence_leads_to_action(self) -> bool:
        return True

    @override
    def handle(self, asked: Asked) -> Told:
        if asked.path.endswith("/Calls.json"):
            return self._list() if asked.method == "GET" else self._create(asked.body)
        call = self.calls.get(asked.path.rpartition("/")[2].removesuffix(".json"))
        if call is None:
            return Told(404, {"code": 20404, "message": "not found", "status": 404})
        if asked.method == "GET":
            return Told(200, self._shown(call))
        if call.is_over:
            return Told(404, {"code": 20404, "message": "not found", "status": 404})
        if asked.body.get("Status") == "completed":
            self.ends(call, "completed" if call.status is Status.TALKING else "no_answer")
        elif "Url" in asked.body:
            if call.status is not Status.TALKING:
                return Told(400, {"code": 21220, "message": "call is not in progress"})
            self.redirect(call, str(asked.body["Url"]))
        return Told(200, self._shown(call))

    def _create(self, body: Mapping[str, Any]) -> Told:
        call = self._new_call(inbound=False, from_number=body["From"], to_number=body["To"])
        call.addresses = {"answer": body["Url"], "status": body["StatusCallback"]}
        self.dial(call)
        return Told(201, self._shown(call))

    def _list(self) -> Told:
        return Told(200, {"calls": [self._shown(call) for call in self.calls.values()]})

    def _shown(self, call: CarrierCall) -> dict[str, object]:
        return {
            "sid": call.sid,
            "status": WORDS[call.ending or call.status.value],
            "direction": "inbound" if call.inbound else "outbound-api",
            "date_created": format_datetime(NOON),
            "from": call.from_number,
            "to": call.to_number,
        }
