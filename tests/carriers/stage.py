"""A gateway and the simulated carriers, set up so that a call is one line."""

from dataclasses import dataclass
from typing import Any

import requests

from moltis.carriers.far_end import FarEnd, ScriptedFarEnd
from moltis.carriers.line import Side, Sound
from moltis.carriers.record import SimulatedCall
from moltis.carriers.server import SimulatedCarriers
from tests.carriers.gateway import Gateway

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "a-made-up-token"
OURS = "+15551234567"
THEIRS = "+15559876543"
EVENTS = ("initiated", "ringing", "answered", "completed")
Fields = list[tuple[str, str]]
PATH = f"/2010-04-01/Accounts/{SID}/Calls"


@dataclass(frozen=True, slots=True)
class Stage:
    gateway: Gateway
    carriers: SimulatedCarriers

    def ask(
        self,
        method: str,
        path: str,
        *,
        data: str | Fields | dict[str, str] | None = None,
        params: dict[str, str] | None = None,
        auth: tuple[str, str] = (SID, TOKEN),
        timeout: float = 10,
    ) -> requests.Response:
        """Send a request to the simulated Twilio."""
        with requests.Session() as session:
            session.trust_env = False
            url = self.carriers.base_url("twilio") + path
            return session.request(
                method, url, data=data, params=params, auth=auth, timeout=timeout
            )

    def create(self, *more: tuple[str, str], without: tuple[str, ...] = ()) -> requests.Response:
        """Ask for a call; *more* replaces the fields of the same name."""
        form = [
            ("To", THEIRS),
            ("From", OURS),
            ("Url", f"{self.gateway.url}/answer"),
            ("StatusCallback", f"{self.gateway.url}/status"),
            *(("StatusCallbackEvent", event) for event in EVENTS),
        ]
        replaced = {name for name, _ in more} | set(without)
        kept = [(name, value) for name, value in form if name not in replaced]
        return self.ask("POST", f"{PATH}.json", data=[*kept, *more])

    def call(self, far_end: FarEnd | None = None, *more: tuple[str, str]) -> SimulatedCall:
        """Have the gateway call *far_end*."""
        self.answered_by(far_end or ScriptedFarEnd())
        response = self.create(*more)
        assert response.status_code == 201, response.text
        return self.carriers.call(response.json()["sid"])

    def answered_by(self, far_end: FarEnd) -> None:
        self.carriers.network.attach(THEIRS, lambda: far_end)

    def update(self, call: SimulatedCall, **form: str) -> requests.Response:
        return self.ask("POST", f"{PATH}/{call.sid}.json", data=form)

    def look_up(self, call: SimulatedCall) -> dict[str, Any]:
        answer = self.ask("GET", f"{PATH}/{call.sid}.json")
        assert answer.status_code == 200
        return dict(answer.json())


def over(call: SimulatedCall) -> SimulatedCall:
    assert call.wait(15), f"the call is still {call.status}"
    return call


def heard(call: SimulatedCall) -> list[str]:
    return [m.text for m in call.heard if m.sound in {Sound.SPEECH, Sound.KEYS}]


def understood(call: SimulatedCall) -> list[tuple[str, bool]]:
    return [(m.text, m.whole) for m in call.moments if m.side is Side.FAR_END]


def gather(action: str, *prompts: str, **attributes: str) -> str:
    given = {"input": "dtmf speech", "actionOnEmptyResult": "true", **attributes}
    written = " ".join(f'{name}="{value}"' for name, value in given.items())
    return f'<Gather action="{action}" {written}>{"".join(prompts)}</Gather>'
