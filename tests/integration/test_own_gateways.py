"""Calls that want a gateway with settings of its own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.accounts.account import OutboundLimits
from chalicelib.calls.call import new_call_id
from chalicelib.errors import LimitReachedError
from chalicelib.functions.clock import sweep
from chalicelib.providers import registry
from chalicelib.store.base import Ending
from moltis.carriers.answering_machine import AnsweringMachine
from moltis.carriers.faults import CreateFault
from moltis.carriers.line import HangsUp, Says
from moltis.gateway import SCHEDULED
from moltis.rpc_client import RefusedError
from tests.builders import a_call
from tests.phone import CALLER, STRANGER, Json, a_phone, audible, words

# Plivo tells of a machine only while it talks to it already.
LONG_NEWS = "Your table is ready, and we keep it for you until a quarter past eight. Please come."
every_carrier = pytest.mark.parametrize("provider", list(registry.PROVIDERS))


@every_carrier
def test_the_maximum_duration_ends_a_call_by_the_clock(provider: str) -> None:
    # Slow enough that the carrier's own limit, which its hurried clock keeps, is far behind ours.
    with a_phone(provider, speed=4, max_duration_secs=2) as phone:
        to = phone.far_end(*(Says(f"And another thing, {n}.") for n in range(200)))

        call = phone.over(phone.initiate(to, "Hello."))

    assert call["end_reason"] == "timeout"


def test_the_sweep_closes_a_call_whose_end_was_never_reported() -> None:
    with a_phone() as phone:
        network = phone.gateway.carriers.network
        for number in network.numbers:
            network.own(replace(number, status_url=""))
        call_id = phone.dial_in(CALLER, Says("Hello."), HangsUp())
        call = phone.until(call_id, lambda call: len(call["transcript"]) >= 3)
        assert phone.at_carrier(call).wait()
        wiring.calls().postpone(call_id, wiring.now())

        swept = sweep(SCHEDULED, None)

        closed = phone.status(call_id)
    assert swept["overdue"] == 1
    assert (closed["end_reason"], closed["transcript"]) == ("hangup_user", call["transcript"])


def test_twenty_calls_at_once_keep_their_transcripts_apart() -> None:
    with a_phone(outbound={"max_concurrent_calls": 25}) as phone:

        def call_somebody(number: int) -> Json:
            # Each reply ends with what the call is about; a filler is waited out.
            about = f"call {number}"
            script = [Says(f"Line {number}, turn {turn}.", when=about) for turn in range(1, 6)]
            to = phone.far_end(*script, HangsUp(when=about))
            return phone.over(phone.initiate(to, f"Opening of call {number}."))

        with ThreadPoolExecutor(20) as pool:
            calls = list(pool.map(call_somebody, range(20)))
        heard = [audible(phone, call) for call in calls]

    for number, call in enumerate(calls):
        said = [text for speaker, text in words(call) if speaker == "user"]
        assert said == [f"Line {number}, turn {turn}." for turn in range(1, 6)]
        assert words(call)[0] == ("bot", f"Opening of call {number}.")
        assert words(call) == heard[number]


def test_an_open_policy_lets_everybody_in_and_a_disabled_one_nobody() -> None:
    with a_phone(inbound_policy="open") as phone:
        welcome = phone.over(phone.dial_in(STRANGER, Says("Hello."), HangsUp()))
    with a_phone(inbound_policy="disabled") as phone:
        refused = phone.over(phone.dial_in(CALLER))

    assert welcome["end_reason"] == "hangup_user"
    assert refused["error"]["code"] == "refused_by_policy"


def test_a_limit_of_running_calls_holds_and_a_place_becomes_free_again() -> None:
    with a_phone(outbound={"max_concurrent_calls": 1}) as phone:
        first = phone.initiate(phone.far_end(*(Says(f"Yes, {n}.") for n in range(100))))
        with pytest.raises(RefusedError) as refusal:
            phone.initiate(phone.far_end())
        phone.rpc.ask("voicecall.end", call_id=first)
        phone.over(first)
        second = phone.initiate(phone.far_end(), "Done.", mode="notify")

        assert phone.over(second)["end_reason"] == "completed"
    assert refusal.value.code == -32012
    assert refusal.value.data["rule"] == "phone.outbound.max_concurrent_calls"


def test_a_phone_that_is_off_places_and_takes_no_calls() -> None:
    with a_phone(enabled=False) as phone:
        refused = phone.over(phone.dial_in(CALLER))
        with pytest.raises(RefusedError) as refusal:
            phone.initiate(phone.far_end())

    assert refused["error"]["code"] == "refused_by_policy"
    assert refusal.value.code == -32011


def test_one_item_hammered_from_many_threads_changes_as_if_one_by_one() -> None:
    with a_phone():
        calls = wiring.calls()
        limits = OutboundLimits(max_concurrent_calls=10)

        def create(_: int) -> bool:
            try:
                return calls.create(a_call(call_id=new_call_id()), limits=limits).fresh
            except LimitReachedError:
                return False

        call = calls.create(a_call(call_id=new_call_id(), account="alone")).call
        ending = Ending(at=wiring.now())
        with ThreadPoolExecutor(16) as pool:
            created = list(pool.map(create, range(50)))
            finished = list(
                pool.map(lambda _: calls.finish(call.call_id, ending, account="alone"), range(50))
            )

    assert (created.count(True), finished.count(True)) == (10, 1)


def test_three_carriers_are_live_in_one_gateway_at_once() -> None:
    tables: Json = {name: {} for name in registry.PROVIDERS}
    with a_phone(**tables) as phone:
        calls = [
            phone.initiate(phone.far_end(Says("Hello."), HangsUp()), "Hi.", account=name)
            for name in registry.PROVIDERS
        ]
        ended = [phone.over(call_id) for call_id in calls]

    assert [call["provider"] for call in ended] == list(registry.PROVIDERS)
    assert [words(call)[1] for call in ended] == [("user", "Hello.")] * len(ended)


def test_a_further_account_has_a_number_credentials_and_webhooks_of_its_own() -> None:
    with a_phone(accounts={"night": {"provider": "plivo"}}) as phone:
        call = phone.over(
            phone.initiate(phone.far_end(Says("Hello."), HangsUp()), "Hi.", account="night")
        )
        accounts = phone.rpc.ask("voicecall.status")["accounts"]

    assert (call["account"], call["provider"]) == ("night", "plivo")
    assert [account["id"] for account in accounts] == ["twilio", "night"]
    assert len({account["from_number"] for account in accounts}) == 2


def test_the_fallback_calls_when_the_carrier_itself_is_the_trouble() -> None:
    with a_phone(twilio={"fallback": "telnyx"}, telnyx={}) as phone:
        faults = phone.gateway.carriers.twilio.faults
        order = {"to": phone.far_end(HangsUp()), "message": "Hi.", "idempotency_key": "once"}
        faults.on_next_create(CreateFault.THROTTLES)
        first = phone.rpc.ask("voicecall.initiate", **order)
        again = phone.rpc.ask("voicecall.initiate", **order)
        phone.over(first["call_id"])
        faults.on_next_create(CreateFault.REFUSES)
        with pytest.raises(RefusedError):
            phone.initiate(phone.far_end())
        faults.on_next_create(CreateFault.FAILS)
        uncertain = phone.status(phone.initiate(phone.far_end()))

    assert (first["account"], again["call_id"]) == ("telnyx", first["call_id"])
    assert (uncertain["account"], uncertain["state"]) == ("twilio", "initiated")


@every_carrier
@pytest.mark.parametrize("machine", ["hangup", "leave_message"])
def test_an_answering_machine_is_told_from_a_person(provider: str, machine: str) -> None:
    # Slow enough that we hear of the machine while the message is still being spoken.
    with a_phone(provider, speed=8, outbound={"machine": machine}) as phone:
        number = phone.new_number()
        phone.attach(number, lambda: AnsweringMachine("Nobody is at home. Speak after the beep."))
        taken = phone.over(phone.initiate(number, LONG_NEWS, mode="notify"))
        recorded = [m.text for m in phone.at_carrier(taken).heard if m.whole]
        person = phone.over(phone.initiate(phone.far_end(), LONG_NEWS, mode="notify"))

    assert taken["answered_by"] == "machine"
    assert person["answered_by"] in ({"human", None} if provider == "plivo" else {"human"})
    assert (LONG_NEWS in recorded) == (machine == "leave_message")
    assert taken["end_reason"] == ("completed" if machine == "leave_message" else "hangup_bot")
    assert person["end_reason"] == "completed"
