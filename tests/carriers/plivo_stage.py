"""A gateway and the simulated Plivo, set up so that a call is one line."""

from dataclasses import dataclass
from typing import Any

import requests

from moltis.carriers.far_end import FarEnd, ScriptedFarEnd
from moltis.carriers.network import OwnedNumber
from moltis.carriers.record import SimulatedCall
from moltis.carriers.server import SimulatedCarriers
from tests.carriers.gateway import Gateway, Hook, Reply, response
from tests.carriers.stage import THEIRS

AUTH_ID = "MAMTIZNDU2Nzg5MDEyM0"
AUTH_TOKEN = "a-made-up-plivo-token"
NUMBER = "+15551230003"


@dataclass(frozen=True, slots=True)
class PlivoStage:
    gateway: Gateway
    carriers: SimulatedCarriers

    def set_up(self) -> None:
        self.own("plivo", NUMBER, AUTH_ID, AUTH_TOKEN)

    def own(self, account_id: str, number: str, auth_id: str, auth_token: str) -> None:
        self.carriers.network.own(
            OwnedNumber(
                carrier="plivo",
                account_id=account_id,
                number=number,
                voice_url=f"{self.gateway.url}/answer",
                status_url=f"{self.gateway.url}/status",
                credentials={"auth_id": auth_id, "auth_token": auth_token},
            )
        )

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        auth: tuple[str, str] = (AUTH_ID, AUTH_TOKEN),
        secs: float = 5,
    ) -> requests.Response:
        """Send a request about something of our account."""
        with requests.Session() as session:
            session.trust_env = False
            url = f"{self.carriers.base_url('plivo')}/v1/Account/{AUTH_ID}/{path}"
            return session.request(method, url, json=body, auth=auth, timeout=secs)

    def dial(self, *, without: str = "", secs: float = 5, **more: object) -> requests.Response:
        body: dict[str, object] = {
            "from": NUMBER,
            "to": THEIRS,
            "answer_url": f"{self.gateway.url}/answer",
            "ring_url": f"{self.gateway.url}/status",
            "hangup_url": f"{self.gateway.url}/status",
        }
        body |= more
        body.pop(without, None)
        return self.ask("POST", "Call/", body, secs=secs)

    def call(self, far_end: FarEnd | None = None, **more: Any) -> SimulatedCall:
        """Have the gateway call *far_end*."""
        made = far_end or ScriptedFarEnd()
        self.carriers.network.attach(THEIRS, lambda: made)
        response = self.dial(**more)
        assert response.status_code == 201, response.text
        return self.carriers.call(response.json()["request_uuid"])

    def dial_in(self, far_end: FarEnd | None = None, caller: str = THEIRS) -> SimulatedCall:
        """Have *far_end* call the gateway."""
        return self.carriers.dial_in(caller, NUMBER, far_end or ScriptedFarEnd(), carrier="plivo")

    def transfer(self, call: SimulatedCall, **body: object) -> requests.Response:
        return self.ask("POST", f"Call/{call.sid}/", body)

    def hang_up(self, call: SimulatedCall) -> requests.Response:
        return self.ask("DELETE", f"Call/{call.sid}/")

    def look_up(self, call: SimulatedCall, status: str = "") -> dict[str, Any]:
        query = f"?status={status}" if status else ""
        answer = self.ask("GET", f"Call/{call.sid}/{query}")
        return dict(answer.json(), http_status=answer.status_code)

    def last_report(self) -> dict[str, str]:
        return self.gateway.at("/status")[-1].form

    def heard_at(self, far_end: FarEnd, *before: str, **attributes: str) -> Hook:
        """Run a call that listens once, and give the request that came of it."""
        self.gateway.on("/answer", before_hang_up(self.listen(*before, **attributes)))
        self.gateway.on("/heard", before_hang_up())
        call = self.call(far_end)
        assert call.wait(15), f"the call is still {call.status}"
        assert call.alerts == []
        return self.gateway.at("/heard")[0]

    def listen(self, *prompts: str, **attributes: str) -> str:
        given = {"action": f"{self.gateway.url}/heard", "inputType": "dtmf speech"} | attributes
        written = " ".join(f'{name}="{value}"' for name, value in given.items())
        return f"<GetInput {written}>{''.join(prompts)}</GetInput>"


def before_hang_up(*elements: str) -> Reply:
    return response(*elements, "<Hangup/>")
