"""Timers that really wait, in Step Functions as moto runs them."""

import time
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.functions.clock import fire_timer, sweep
from chalicelib.timers.base import TimerKind
from moltis.carriers.line import NeverPicksUp, Says
from moltis.gateway import SCHEDULED
from tests.phone import Phone


def test_nobody_picks_up_and_the_carrier_says_so(phone: Phone) -> None:
    to = phone.far_end(ringing=NeverPicksUp())

    call = phone.over(phone.initiate(to))

    assert (call["end_reason"], call["answered_at"]) == ("no_answer", None)


def test_the_clock_hangs_up_a_notify_that_its_document_did_not_end(phone: Phone) -> None:
    to = phone.far_end(*(Says(f"Yes, {n}.") for n in range(100)))
    call_id = phone.initiate(to, "Hello.")
    phone.until(call_id, lambda call: call["state"] == "listening")

    wiring.timers().start(call_id, TimerKind.NOTIFY_HANGUP, wiring.now() + timedelta(seconds=0.5))

    assert phone.over(call_id)["end_reason"] == "completed"


def test_the_same_timer_started_twice_fires_once(phone: Phone) -> None:
    to = phone.far_end(*(Says(f"Yes, {n}.") for n in range(100)))
    call_id = phone.initiate(to, "Hello.")

    # place_call has started this one already.
    wiring.timers().start(call_id, TimerKind.MAX_DURATION, wiring.now())

    time.sleep(0.5)
    assert phone.status(call_id)["end_reason"] is None
    phone.rpc.ask("voicecall.end", call_id=call_id)
    phone.over(call_id)


def test_a_timer_of_a_call_that_is_over_does_nothing(phone: Phone) -> None:
    call = phone.over(phone.initiate(phone.far_end(), "Done.", mode="notify"))

    fired = fire_timer({"call_id": call["call_id"], "kind": "max_duration"}, None)

    assert fired == {"call_id": call["call_id"], "state": "completed"}
    assert phone.status(call["call_id"]) == call


def test_a_timer_of_an_unknown_call_is_harmless(phone: Phone) -> None:
    assert phone.account == "twilio"
    assert fire_timer({"call_id": "nobody", "kind": "max_duration"}, None)["state"] == "unknown"


def test_the_sweep_stops_the_clocks_of_calls_that_are_over(phone: Phone) -> None:
    call = phone.over(phone.initiate(phone.far_end(), "Done.", mode="notify"))

    first, second = _sweep(), _sweep()

    assert first["clocks_stopped"] >= 1
    assert second == {"clocks_stopped": 0, "overdue": 0, "failed": 0, "miscounted": 0}
    assert phone.status(call["call_id"]) == call


def test_the_sweep_ends_an_overdue_call_that_still_goes_on(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = phone.far_end(*(Says(f"Yes, {n}.") for n in range(100)))
    call_id = phone.initiate(to, "Hello.")
    phone.until(call_id, lambda call: call["state"] == "listening")
    # Its timer, and the carrier's own limit, will have been lost.
    over = wiring.calls().get(call_id).must_end_at
    monkeypatch.setattr(wiring, "now", lambda: over)

    _sweep()

    assert phone.over(call_id)["end_reason"] == "timeout"


def _sweep() -> dict[str, int]:
    result: dict[str, int] = sweep(SCHEDULED, None)
    return result
