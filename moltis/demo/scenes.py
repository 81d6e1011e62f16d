"""The demo's calls: each scene is one of them, played on one carrier."""

import time
from base64 import b64encode
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

import requests

from moltis.carriers.line import Presses, Says
from moltis.demo.checks import Check, ended, heard_alike, no_alerts, spoken_to_the_end, turns
from moltis.demo.recordings import recorded
from moltis.demo.stage import Call, Stage

ALLOWED_CALLER: Final = "+15559876543"
STRANGER: Final = "+15557654321"

OPENING: Final = (
    "Hello, this is the assistant of Doctor Miller's practice. "
    "You have an appointment on Tuesday at ten. Can you confirm it?"
)
NOTICE: Final = "This is a message from Doctor Miller's practice: your prescription is ready."
_NOBODYS: Final = "Zm9yZ2Vk" * 8
_FORGED: Final = {
    "X-Twilio-Signature": _NOBODYS,
    "telnyx-signature-ed25519": b64encode(bytes(64)).decode(),
    "telnyx-timestamp": str(int(time.time())),
    "X-Plivo-Signature-V3": _NOBODYS,
    "X-Plivo-Signature-V3-Nonce": "12345678901234567890",
}
"""What each carrier's signature looks like, by somebody who does not have its key."""
ENDED: Final = ("hangup_user", "hangup_bot")


def play(stage: Stage) -> Iterator[Check]:
    """Play every scene but the one that wants a short maximum duration."""
    yield from notify(stage)
    yield from conversation(stage)
    yield from keys(stage)
    yield from admitted(stage)
    yield from refused(stage)
    yield from forged(stage)


def cut_short(stage: Stage) -> Iterator[Check]:
    """Have the clock end a call that would go on and on."""
    talkative = [Says(f"And another thing, number {n}.") for n in range(1, 200)]
    call_id = stage.initiate("cut short", "Hello, do you have a minute?", far_end=talkative)
    call = stage.watch("cut short", call_id)
    yield ended(stage.name("maximum duration cuts a call"), call, "timeout")
    yield _recorded(stage, "cut-short", call)


def notify(stage: Stage) -> Iterator[Check]:
    """Deliver a message and hang up."""
    call_id = stage.initiate("notify", NOTICE, far_end=[], mode="notify")
    call = stage.watch("notify", call_id)
    far_end = stage.far_end(call)
    yield ended(stage.name("notify ends by itself"), call, "completed")
    yield spoken_to_the_end(stage.name("notify is heard to its last word"), far_end, NOTICE)
    yield _recorded(stage, "notify", call)


def conversation(stage: Stage) -> Iterator[Check]:
    """Move an appointment in several turns."""
    steps = [
        Says("I am afraid I cannot. Can we move it to another day?"),
        Says("Thursday would be good."),
        Says("At three in the afternoon."),
        Says("Yes, that is right."),
        Says("No, that is all. Thank you, goodbye!"),
    ]
    call = stage.watch("conversation", stage.initiate("conversation", OPENING, far_end=steps))
    far_end = stage.far_end(call)
    yield turns(stage.name("conversation of three turns or more"), call, at_least=3)
    yield ended(stage.name("conversation ends with a goodbye"), call, *ENDED)
    yield heard_alike(stage.name("transcript is what was heard"), call, far_end)
    yield no_alerts(stage.name("carrier accepts every document"), far_end)
    yield _recorded(stage, "conversation", call)


def keys(stage: Stage) -> Iterator[Check]:
    """Press keys both ways, and go on talking."""
    steps = [
        Says("Please press four, two and the hash key."),
        Presses("1", when="42#"),
        Says("Thank you, goodbye!"),
    ]
    call_id = stage.initiate("keys", OPENING, far_end=steps)
    stage.wait_for_words(call_id, 2)
    stage.rpc.ask("voicecall.dtmf", call_id=call_id, digits="42#")
    call = stage.watch("keys", call_id)
    pressed = [(x["speaker"], x["text"]) for x in call["transcript"] if x["kind"] == "dtmf"]
    detail = ", ".join(f"{who} {digits}" for who, digits in pressed)
    expected = [("bot", "42#"), ("user", "1")]
    yield Check(stage.name("keys are sent and received"), pressed == expected, detail)
    yield ended(stage.name("the conversation goes on after keys"), call, *ENDED)
    yield heard_alike(stage.name("keys stand in the transcript"), call, stage.far_end(call))
    yield _recorded(stage, "keys", call)


def admitted(stage: Stage) -> Iterator[Check]:
    """Take a call from a number that may call."""
    steps = [
        Says("Hello, I would like to move my appointment."),
        Says("Friday, please."),
        Says("Nothing else, goodbye!"),
    ]
    call = stage.watch("inbound", stage.dial_in(ALLOWED_CALLER, steps))
    yield ended(stage.name("an allowed caller is answered"), call, *ENDED)
    yield heard_alike(stage.name("inbound transcript is what was heard"), call, stage.far_end(call))
    yield _recorded(stage, "inbound", call)


def refused(stage: Stage) -> Iterator[Check]:
    """Refuse a call from a number that may not."""
    call = stage.watch("stranger", stage.dial_in(STRANGER, []))
    code = call["error"]["code"] if call["error"] else "none"
    is_refused = code == "refused_by_policy" and not call["transcript"]
    yield Check(stage.name("a stranger is refused before answering"), is_refused, code)


def forged(stage: Stage) -> Iterator[Check]:
    """Refuse a webhook that the carrier did not sign."""
    before = stage.count()  # of this carrier: on the others, calls go on
    base = f"{stage.gateway.url}/api/channels/telephony/{stage.carrier}"
    response = requests.post(
        f"{base}/answer",
        data={"CallSid": "CA" + "0" * 32, "From": ALLOWED_CALLER, "CallStatus": "ringing"},
        headers=_FORGED,
        timeout=10,
    )
    status, after = response.status_code, stage.count()
    is_refused = status == HTTPStatus.FORBIDDEN and not response.content and after == before
    detail = f"{status}, {after - before} calls stored"
    yield Check(stage.name("a forged webhook is refused"), is_refused, detail)


def _recorded(stage: Stage, scene: str, call: Call) -> Check:
    name = stage.name(f"{scene} can be heard in its recording")
    return recorded(name, f"{stage.carrier}-{scene}", call, stage.far_end(call))
