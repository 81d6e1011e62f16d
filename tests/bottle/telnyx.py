"""Telnyx in a bottle: takes commands, tells by events, carries them out one after the other."""

import json
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, ClassVar, Final
from uuid import UUID

from chalicelib.overriding import override
from chalicelib.providers.base import WebhookRequest
from tests.bottle.carrier import Asked, Carrier, CarrierCall, News, Status, Told
from tests.bottle.effects import Effects
from tests.contract.telnyx import CONNECTION_ID, SIGNING_KEY, TelnyxCase

CAUSES: Final = {
    "completed": "normal_clearing",
    "busy": "user_busy",
    "no_answer": "timeout",
    "failed": "not_found",
}
GONE: Final = Told(422, {"errors": [{"code": "90018", "title": "Call has already ended"}]})


@dataclass(slots=True, kw_only=True, eq=False)
class CommandCall(CarrierCall):
    """What a call was told to do."""

    client_state: str | None = None
    known: set[str] = field(default_factory=set)
    """The ids of the commands that were taken."""
    speaking: deque[str] = field(default_factory=deque)
    listens: bool = False


class BottledTelnyx(Carrier):
    name: ClassVar[str] = "telnyx"
    host: ClassVar[str] = "api.telnyx.com"

    def __init__(self, effects: Effects, now: Callable[[], datetime]) -> None:
        super().__init__(effects)
        self._now = now
        self._events = count(1)
        self._dialled: dict[str, CommandCall] = {}

    @property
    @override
    def credentials(self) -> Mapping[str, str]:
        return TelnyxCase.credentials

    @override
    def arrives(self, from_number: str, to_number: str) -> CarrierCall:
        call = self._new_call(inbound=True, from_number=from_number, to_number=to_number)
        call.addresses = {
            "status": f"https://phone.example.com/api/channels/telephony/{self.name}/status"
        }
        call.status = Status.RINGING
        self.calls[call.sid] = call
        numbers = {"from": from_number, "to": to_number}
        self._tell(call, "call.initiated", direction="incoming", state="parked", **numbers)
        return call

    @override
    def rings(self, call: CarrierCall) -> None:
        call.status = Status.RINGING
        self._tell(call, "call.initiated", direction="outgoing", state="bridging")

    @override
    def picks_up(self, call: CarrierCall) -> None:
        call.status = Status.TALKING
        self._tell(call, "call.answered")

    @override
    def ends(self, call: CarrierCall, why: str) -> None:
        if call.is_over:
            return
        if of_commands(call).speaking:
            of_commands(call).speaking.clear()
            self._tell(call, "call.speak.ended", status="call_hangup")
        call.status, call.ending = Status.OVER, why
        self._tell(call, "call.hangup", hangup_cause=CAUSES[why], hangup_source="callee")

    @override
    def says(self, call: CarrierCall, text: str) -> bool:
        if not of_commands(call).listens:
            return False
        call.words.append(("user", text))
        heard = {"transcript": text, "is_final": True, "confidence": 0.93}
        self._tell(call, "call.transcription", transcription_data=heard)
        return True

    @override
    def presses(self, call: CarrierCall, digits: str) -> bool:
        call.words.append(("user", digits))
        for digit in digits:
            self._tell(call, "call.dtmf.received", digit=digit)
        return True

    @override
    def stays_silent(self, call: CarrierCall) -> None:
        """Do nothing: silence is not reported."""

    @override
    def goes_on(self, call: CarrierCall) -> None:
        mine = of_commands(call)
        if mine.speaking:
            mine.speaking.popleft()
            self._tell(call, "call.speak.ended", status="completed")
            if mine.speaking:
                self._begin(mine)

    @override
    def handle(self, asked: Asked) -> Told:
        if self.is_creating(asked):
            return self._create(asked.body)
        parts = asked.path.strip("/").split("/")
        call = self.calls.get(parts[2])
        if call is None:
            return Told(404, {"errors": [{"code": "10005", "title": "Resource not found"}]})
        if asked.method == "GET":
            return Told(200, self._shown(call))
        return self._command(of_commands(call), parts[-1], asked.body)

    def _create(self, body: Mapping[str, Any]) -> Told:
        # A command that was sent twice is carried out once.
        call = self._dialled.get(body["command_id"])
        if call is None:
            call = self._new_call(inbound=False, from_number=body["from"], to_number=body["to"])
            call.addresses = {"status": body["webhook_url"]}
            call.client_state = body["client_state"]
            self._dialled[body["command_id"]] = call
            self.dial(call)
        return Told(200, self._shown(call))

    def _command(self, call: CommandCall, name: str, body: Mapping[str, Any]) -> Told:
        if call.is_over:
            return GONE
        if call.status is not Status.TALKING and name not in {"answer", "reject", "hangup"}:
            return Told(422, {"errors": [{"code": "90034", "title": "Call is not answered yet"}]})
        done = Told(200, {"data": {"result": "ok"}})
        if body.get("command_id") in call.known:
            return done
        call.known.add(body.get("command_id", ""))
        call.client_state = body.get("client_state", call.client_state)
        self._obey(call, name, body)
        return done

    def _obey(self, call: CommandCall, name: str, body: Mapping[str, Any]) -> None:
        match name:
            case "answer":
                self.picks_up(call)
            case "reject":
                self.ends(call, "busy")
            case "hangup":
                self.ends(call, "completed" if call.status is Status.TALKING else "no_answer")
            case "transcription_start":
                call.listens = True
            case "speak":
                call.speaking.append(body["payload"])
                if len(call.speaking) == 1:
                    self._begin(call)
            case "playback_stop" if call.speaking:
                call.speaking.clear()
                self._tell(call, "call.speak.ended", status="cancelled")
            case "send_dtmf":
                call.words.append(("bot", body["digits"]))

    def _begin(self, call: CommandCall) -> None:
        call.words.append(("bot", call.speaking[0]))
        self._tell(call, "call.speak.started")

    def _new_call(self, **facts: Any) -> CommandCall:
        return CommandCall(sid=f"v3:bottle-{len(self.calls) + 1:06}", **facts)

    def _shown(self, call: CarrierCall) -> dict[str, object]:
        return {
            "data": {
                "call_control_id": call.sid,
                "is_alive": not call.is_over,
                "record_type": "call",
            }
        }

    def _tell(self, call: CarrierCall, name: str, **more: object) -> None:
        number = next(self._events)
        # Events of one moment still have an order.
        at = self._now() + timedelta(microseconds=number)
        payload = {
            "call_control_id": call.sid,
            "client_state": of_commands(call).client_state,
            "connection_id": CONNECTION_ID,
            **more,
        }
        event = {
            "event_type": name,
            "id": str(UUID(int=number)),
            "occurred_at": at.isoformat().replace("+00:00", "Z"),
            "payload": payload,
            "record_type": "event",
        }
        body = json.dumps({"data": event, "meta": {"attempt": 1}}).encode()
        url = call.addresses["status"]
        unsigned = WebhookRequest(method="POST", url=url, headers={}, body=body, received_at=0)
        self.news.append(News(call, unsigned))

    @override
    def sign(self, request: WebhookRequest) -> WebhookRequest:
        timestamp = str(int(self._now().timestamp()))
        signature = SIGNING_KEY.sign(f"{timestamp}|".encode() + request.body).signature
        headers = {
            "Content-Type": "application/json",
            "telnyx-signature-ed25519": b64encode(signature).decode(),
            "telnyx-timestamp": timestamp,
        }
        return WebhookRequest(
            method="POST", url=request.url, headers=headers, body=request.body, received_at=0
        )


def of_commands(call: CarrierCall) -> CommandCall:
    """The same call, as this kind of carrier made it."""
    assert isinstance(call, CommandCall)
    return call
