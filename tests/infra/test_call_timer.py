import json
from pathlib import Path
from typing import Any

import app

ROOT = Path(__file__).parents[2]
MACHINE: dict[str, Any] = json.loads((ROOT / "infra" / "call-timer.asl.json").read_text())


def test_every_state_leads_to_one_that_exists() -> None:
    states = MACHINE["States"]
    targets = {MACHINE["StartAt"]}
    for state in states.values():
        targets |= {state["Next"]} if "Next" in state else set()
        targets |= {catcher["Next"] for catcher in state.get("Catch", [])}

    assert targets == set(states)


def test_it_waits_for_a_time_and_then_calls_a_function_that_the_app_has() -> None:
    states = MACHINE["States"]

    assert states["WaitUntil"]["TimestampPath"] == "$.at"
    assert states["FireTimer"]["Parameters"]["FunctionName"] == "${FireTimerFunction}"
    assert "fire_timer" in app.app.handler_map


def test_a_timer_that_cannot_fire_is_tried_again_and_then_kept_in_the_dead_letter_queue() -> None:
    fire = MACHINE["States"]["FireTimer"]

    assert fire["Retry"][0]["MaxAttempts"] >= 3
    assert fire["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "DeadLetter"}
    ]
    assert MACHINE["States"]["DeadLetter"]["Resource"] == "arn:aws:states:::sqs:sendMessage"


def test_the_app_has_the_functions_of_the_contract() -> None:
    assert set(app.app.handler_map) >= {"voice_call", "take_turn", "fire_timer", "sweep"}


def test_the_app_has_the_doors_of_the_contract() -> None:
    account = "/api/channels/telephony/{account}"

    assert set(app.app.routes) >= {
        f"{account}/answer",
        f"{account}/gather",
        f"{account}/status",
        "/rpc",
        "/healthz",
    }
