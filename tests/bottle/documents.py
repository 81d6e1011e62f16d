"""A bottled carrier that asks for documents, and carries them out verb by verb."""

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urldefrag
from xml.etree import ElementTree as ET

from chalicelib.overriding import override
from chalicelib.providers.base import WebhookRequest
from tests.bottle.carrier import Carrier, CarrierCall, News, Status
from tests.bottle.effects import Effects

Fields = Sequence[tuple[str, str]]
Deliver = Callable[[WebhookRequest], tuple[int, bytes]]
"""Brings a webhook to our door; gives the status and the document."""

FAILED = 500


@dataclass(slots=True, kw_only=True, eq=False)
class DocumentCall(CarrierCall):
    """What is still to be carried out in a call."""

    program: deque[ET.Element] = field(default_factory=deque)
    listening: ET.Element | None = None
    redirected: str = ""
    """Where the call was sent by a request, and has not gone yet."""


class DocumentCarrier(Carrier):
    """What Twilio and Plivo have in common."""

    say_tag: str
    gather_tag: str

    def __init__(self, effects: Effects, deliver: Deliver) -> None:
        super().__init__(effects)
        self._deliver = deliver
        self.delivers_twice = False
        """Whether each request for a document is made twice; the second answer counts."""
        self.loses_answers = False
        """Whether the first answer is lost on its way, so that it is asked for again."""

    @abstractmethod
    def signed(self, url: str, fields: Fields) -> WebhookRequest:
        """Sign as the vendor does."""

    @abstractmethod
    def facts(self, call: CarrierCall) -> Fields:
        """What every request about *call* tells."""

    @abstractmethod
    def status_fields(self, call: CarrierCall, word: str) -> Fields:
        """What a status callback tells besides."""

    @abstractmethod
    def heard_fields(self, speech: str, digits: str) -> Fields:
        """How it says what was heard."""

    @abstractmethod
    def silence_leads_to_action(self) -> bool:
        """Whether the action is asked for when nothing was heard."""

    @override
    def arrives(self, from_number: str, to_number: str) -> CarrierCall:
        call = self._new_call(inbound=True, from_number=from_number, to_number=to_number)
        call.status = Status.RINGING
        self.calls[call.sid] = call
        self._fetch(call, call.addresses["answer"])
        if call.status is Status.RINGING and not self._refused(call):
            call.status = Status.TALKING
        return call

    @override
    def rings(self, call: CarrierCall) -> None:
        call.status = Status.RINGING
        self._report(call, "ringing")

    @override
    def picks_up(self, call: CarrierCall) -> None:
        call.status = Status.TALKING
        self._report(call, "answered")
        self._fetch(call, call.addresses["answer"])

    @override
    def ends(self, call: CarrierCall, why: str) -> None:
        if call.is_over:
            return
        call.status, call.ending = Status.OVER, why
        of_documents(call).program.clear()
        of_documents(call).listening = None
        self._report(call, why)

    @override
    def says(self, call: CarrierCall, text: str) -> bool:
        return self._heard(call, ("user", text), self.heard_fields(text, ""))

    @override
    def presses(self, call: CarrierCall, digits: str) -> bool:
        return self._heard(call, ("user", digits), self.heard_fields("", digits))

    @override
    def stays_silent(self, call: CarrierCall) -> None:
        gather = of_documents(call).listening
        of_documents(call).listening = None
        if gather is not None and self.silence_leads_to_action():
            self._fetch(call, gather.get("action", ""), self.heard_fields("", ""))

    @override
    def goes_on(self, call: CarrierCall) -> None:
        mine = of_documents(call)
        if mine.redirected:
            url, mine.redirected = mine.redirected, ""
            mine.listening = None
            self._fetch(call, url)
            return
        while mine.program and mine.listening is None and not call.is_over:
            verb = mine.program.popleft()
            if not self._carry_out(mine, verb):
                return

    def falls_back(self, call: CarrierCall) -> None:
        """Ask for the first document again, because a later one could not be had."""
        of_documents(call).listening = None
        self._fetch(call, call.addresses["answer"])

    def redirect(self, call: CarrierCall, url: str) -> None:
        of_documents(call).redirected = url

    def _new_call(self, **facts: object) -> DocumentCall:
        number = len(self.calls) + 1
        return DocumentCall(sid=self.new_sid(number), addresses=self.addresses(), **facts)  # type: ignore[arg-type]

    @abstractmethod
    def new_sid(self, number: int) -> str:
        """Invent the id of a call."""

    def addresses(self) -> dict[str, str]:
        """Where the webhooks of an arriving call go."""
        base = f"https://phone.example.com/api/channels/telephony/{self.name}"
        return {"answer": f"{base}/answer", "status": f"{base}/status"}

    def _carry_out(self, call: DocumentCall, verb: ET.Element) -> bool:
        """Carry out *verb*; false when time passes with it, or the call asks for more."""
        if verb.tag == self.say_tag:
            call.words.append(("bot", verb.text or ""))
        elif verb.tag == self.gather_tag:
            call.words += [("bot", inner.text or "") for inner in verb if inner.tag == self.say_tag]
            call.listening = verb
        elif verb.tag == "Redirect":
            self._fetch(call, verb.text or "")
            return False
        elif verb.tag == "Hangup":
            call.told_to_end = True
            self.ends(call, "completed")
        elif verb.tag in {"Pause", "Wait"}:
            return False
        elif verb.tag == "DTMF" or verb.get("digits"):
            call.words.append(("bot", verb.get("digits") or verb.text or ""))
        return True

    def _refused(self, call: CarrierCall) -> bool:
        program = of_documents(call).program
        first = program[0].tag if program else ""
        if first in {"Reject", "Hangup"}:
            self.ends(call, "busy")
            return True
        return False

    def _heard(self, call: CarrierCall, word: tuple[str, str], fields: Fields) -> bool:
        gather = of_documents(call).listening
        if gather is None:
            return False
        of_documents(call).listening = None
        if of_documents(call).redirected:
            call.crossed.add(len(call.words))
        call.words.append(word)
        self._fetch(call, gather.get("action", ""), fields)
        return True

    def _fetch(self, call: CarrierCall, url: str, fields: Fields = ()) -> None:
        request = self.signed(urldefrag(url).url, [*self.facts(call), *fields])
        tries = 2 if self.delivers_twice or self.loses_answers else 1
        status, document = FAILED, b""
        for _ in range(tries):
            status, document = self._deliver(request)
        if status == FAILED:
            # Nobody answered: once more, as the fragment of the address asks.
            status, document = self._deliver(request)
        if status != 200:
            self.ends(call, "completed")
            return
        of_documents(call).program = deque(ET.fromstring(document))

    def _report(self, call: CarrierCall, word: str) -> None:
        if url := call.addresses.get("status"):
            fields = [*self.facts(call), *self.status_fields(call, word)]
            self.news.append(News(call, self.signed(urldefrag(url).url, fields)))


def of_documents(call: CarrierCall) -> DocumentCall:
    """The same call, as this kind of carrier made it."""
    assert isinstance(call, DocumentCall)
    return call


def endings(words: Mapping[str, str], call: CarrierCall) -> str:
    """The carrier's word for how *call* stands."""
    return words[call.ending or call.status.value]
