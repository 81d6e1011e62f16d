"""Counts what we ask of AWS, through botocore's own events; and per webhook, by playing each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib import aws
from chalicelib.calls.call import inbound_call_id
from chalicelib.calls.callbacks import Route
from chalicelib.turns.base import WHOLE_SECS
from moltis.carriers.line import NeverPicksUp
from tests.phone import CALLER, Phone

SERVICES = ("dynamodb", "stepfunctions", "secretsmanager", "lambda")
AGENTS = "lambda:Invoke"
"""The agent's own: by this it is asked."""

Play = Callable[[Phone], list[str]]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the name of every AWS operation while the context lasts."""
    asked: list[str] = []

    def note(model: Any, **_: object) -> None:
        asked.append(f"{model.service_model.service_name}:{model.name}")

    clients = [aws.client(service) for service in SERVICES]
    clients.append(aws.client("lambda", read_timeout_secs=WHOLE_SECS))
    for client in clients:
        client.meta.events.register("before-call", note)
    try:
        yield asked
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", note)


def answer_outbound(phone: Phone) -> list[str]:
    """The first document of a conversation that we placed."""
    return _answer(phone, mode="conversation")


def answer_notify(phone: Phone) -> list[str]:
    """The document of a message that we deliver."""
    return _answer(phone, mode="notify")


def answer_inbound(phone: Phone) -> list[str]:
    """The first document of a call that arrives."""
    url, form = phone.url(Route.ANSWER), _arriving(phone)
    with counted() as asked:
        assert phone.post(url, form).status_code == 200
    return asked


def gather_speech(phone: Phone) -> list[str]:
    """Something was said, and the agent replies within its budget."""
    call_id, form = _arrived(phone)
    url = phone.url(Route.GATHER, call=call_id, turn=1, quiet=0)
    with counted() as asked:
        assert "Gather" in phone.post(url, {**form, "SpeechResult": "Hello"}).text
    return asked


def gather_silence(phone: Phone) -> list[str]:
    """Nothing was said."""
    call_id, form = _arrived(phone)
    url = phone.url(Route.GATHER, call=call_id, turn=1, quiet=0)
    with counted() as asked:
        assert "Gather" in phone.post(url, form).text
    return asked


def status_progress(phone: Phone) -> list[str]:
    """The call rings."""
    return _status(phone, "ringing")


def status_final(phone: Phone) -> list[str]:
    """The call is over."""
    return _status(phone, "completed")


def status_of_one(phone: Phone) -> list[str]:
    """Somebody of ours asks for one call and its transcript."""
    call_id, _ = _arrived(phone)
    with counted() as asked:
        assert phone.status(call_id)["transcript"]
    return asked


def status_of_all(phone: Phone) -> list[str]:
    """Somebody of ours asks for all calls that run."""
    _arrived(phone)
    with counted() as asked:
        assert phone.rpc.ask("voicecall.status")["active_calls"]
    return asked


def forged(phone: Phone) -> list[str]:
    """Nobody signed it."""
    url, form = phone.url(Route.ANSWER), _arriving(phone)
    phone.post(url, form, signature="Zm9yZ2Vk")  # the vault is asked once for a rotated secret
    with counted() as asked:
        assert phone.post(url, form, signature="Zm9yZ2Vk").status_code == 403
    return asked


WEBHOOKS: dict[str, tuple[Play, int]] = {
    "answer, outbound conversation": (answer_outbound, 1),
    "answer, outbound notify": (answer_notify, 1),
    "answer, inbound": (answer_inbound, 1),
    "gather, speech": (gather_speech, 3),
    "gather, silence": (gather_silence, 2),
    "status, progress": (status_progress, 1),
    "status, final": (status_final, 1),
    "forged": (forged, 0),
    "voicecall.status of one call": (status_of_one, 1),
    "voicecall.status of all": (status_of_all, 2),
}
"""Each kind of request, and how many AWS calls it may cost when the container is warm.

Besides the agent's.
"""


def besides_the_agents(asked: list[str]) -> list[str]:
    """What of *asked* is not the agent's."""
    return [name for name in asked if name != AGENTS]


def _answer(phone: Phone, *, mode: str) -> list[str]:
    call_id, sid = _ringing(phone, mode=mode)
    url = phone.url(Route.ANSWER, call=call_id)
    with counted() as asked:
        assert phone.post(url, {"CallSid": sid, "CallStatus": "in-progress"}).status_code == 200
    return asked


def _status(phone: Phone, status: str) -> list[str]:
    call_id, sid = _ringing(phone, mode="conversation")
    url = phone.url(Route.STATUS, call=call_id)
    with counted() as asked:
        assert phone.post(url, {"CallSid": sid, "CallStatus": status}).status_code == 200
    return asked


def _ringing(phone: Phone, *, mode: str) -> tuple[str, str]:
    call_id = phone.initiate(phone.far_end(ringing=NeverPicksUp()), mode=mode)
    call = phone.until(call_id, lambda call: call["state"] == "ringing")
    return call_id, call["provider_call_id"]


def _arriving(phone: Phone) -> dict[str, str]:
    number = phone.new_number().removeprefix("+")
    return {"CallSid": f"CA{number}", "From": CALLER, "To": "+15550100001"}


def _arrived(phone: Phone) -> tuple[str, dict[str, str]]:
    form = _arriving(phone)
    assert phone.post(phone.url(Route.ANSWER), form).status_code == 200
    return inbound_call_id(phone.account, form["CallSid"]), form
