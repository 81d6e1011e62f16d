"""A gateway and the simulated Telnyx: it dials, reacts to events, and keeps them."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from moltis.carriers.far_end import FarEnd, ScriptedFarEnd
from moltis.carriers.network import OwnedNumber
from moltis.carriers.record import SimulatedCall
from moltis.carriers.server import SimulatedCarriers
from tests.carriers.gateway import Gateway, Hook, Reply
from tests.carriers.stage import THEIRS

API_KEY = "KEY0123456789-made-up"
CONNECTION = "1684641123236054244"
NUMBER = "+15551230002"
VOICE = "AWS.Polly.Joanna-Neural"

Payload = dict[str, Any]
Step = tuple[str, Mapping[str, object]]
"""A command and its body."""
Reaction = Callable[[Payload], None]


@dataclass(frozen=True, slots=True)
class TelnyxStage:
    gateway: Gateway
    carriers: SimulatedCarriers
    reactions: dict[str, list[Reaction]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def set_up(self) -> None:
        self.carriers.network.own(
            OwnedNumber(
                carrier="telnyx",
                account_id="telnyx",
                number=NUMBER,
                voice_url=f"{self.gateway.url}/events",
                credentials={"api_key": API_KEY, "connection_id": CONNECTION},
            )
        )
        self.gateway.on("/events", self.react)

    def react(self, hook: Hook) -> Reply:
        event = json.loads(hook.body)["data"]
        with self.lock:
            known = event["id"] in self.seen
            self.seen.add(event["id"])
            waiting = self.reactions.get(event["event_type"], [])
            reaction = waiting.pop(0) if waiting and not known else None
        if reaction is not None:
            reaction(event["payload"])
        return Reply("", 200)

    def when(self, event_type: str, *reactions: Reaction) -> None:
        """React to events of *event_type*, one after the other."""
        self.reactions[event_type] = list(reactions)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        api_key: str = API_KEY,
        secs: float = 5,
    ) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            url = f"{self.carriers.base_url('telnyx')}/v2/calls{path}"
            headers = {"Authorization": f"Bearer {api_key}"}
            return session.request(method, url, json=body, headers=headers, timeout=secs)

    def dial(self, *, without: str = "", **more: Any) -> requests.Response:
        body = {"connection_id": CONNECTION, "from": NUMBER, "to": THEIRS} | more
        body.pop(without, None)
        return self.ask("POST", "", body)

    def call(self, far_end: FarEnd | None = None, **more: Any) -> SimulatedCall:
        """Have the gateway call *far_end*."""
        made = far_end or ScriptedFarEnd()
        self.carriers.network.attach(THEIRS, lambda: made)
        response = self.dial(**more)
        assert response.status_code == 200, response.text
        return self.carriers.call(response.json()["data"]["call_control_id"])

    def dial_in(self, far_end: FarEnd | None = None) -> SimulatedCall:
        """Have *far_end* call the gateway."""
        return self.carriers.dial_in(THEIRS, NUMBER, far_end or ScriptedFarEnd(), carrier="telnyx")

    def command(self, call_control_id: str, name: str, **body: object) -> requests.Response:
        return self.ask("POST", f"/{call_control_id}/actions/{name}", body)

    def does(self, *commands: Step) -> Reaction:
        """A reaction that sends *commands* in the call that the event is about."""

        def react(payload: Payload) -> None:
            for name, body in commands:
                answer = self.command(payload["call_control_id"], name, **body)
                assert answer.status_code == 200, answer.text

        return react

    def wait_for(self, call: SimulatedCall, event_type: str, times: int = 1) -> list[Payload]:
        """Give the payloads of *event_type* in *call*, once *times* of them were delivered."""
        done = self.gateway.wait_until(lambda: len(self.delivered(call, event_type)) >= times)
        assert done, f"{event_type} did not come {times} times"
        return self.delivered(call, event_type)

    def delivered(self, call: SimulatedCall, event_type: str) -> list[Payload]:
        events = [json.loads(hook.body)["data"] for hook in list(self.gateway.hooks) if hook.body]
        return [
            event["payload"]
            for event in events
            if event["event_type"] == event_type and event["payload"]["call_control_id"] == call.sid
        ]


def speak(text: str, **more: object) -> Step:
    return "speak", {"payload": text, "voice": VOICE, **more}


LISTEN: Step = (
    "transcription_start",
    {"transcription_engine": "Google", "transcription_engine_config": {"language": "en"}},
)
ANSWER: Step = ("answer", {})
HANG_UP: Step = ("hangup", {})


def code(response: requests.Response) -> tuple[int, str]:
    (error,) = response.json()["errors"]
    assert error["title"]
    assert error["detail"]
    return response.status_code, error["code"]


def types(call: SimulatedCall) -> list[str]:
    return [event["event_type"] for event in call.events]


def payloads(call: SimulatedCall, event_type: str) -> list[Payload]:
    return [event["payload"] for event in call.events if event["event_type"] == event_type]
