"""What is kept of somebody is given out whole, and erased whole, whatever comes in between."""

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib import wiring
from chalicelib.accounts.audit import Topic
from chalicelib.actions.note_decision import ALLOWED
from chalicelib.calls.call import Call, CallId, Direction, State
from chalicelib.calls.phone_numbers import PhoneNumber
from chalicelib.calls.sounds import SoundFormat, Utterance
from chalicelib.calls.terms import SpeechKind, SpeechSettings
from chalicelib.calls.transcript import Slot, Speaker
from chalicelib.errors import ConflictError
from chalicelib.owner import people
from chalicelib.store import dynamo_people
from chalicelib.store.base import Ending, Scope
from chalicelib.store.writes import remove
from chalicelib.tokens import make_token
from moltis.carriers.line import Says, StaysSilent
from moltis.commands.root import run
from moltis.rpc_client import GatewayAddress, RefusedError, RpcClient
from moltis.state_file import write_state
from tests.builders import a_call, a_line, an_entry
from tests.phone import Json, Phone, a_phone, words

LIKE_IT: Final = "9"
"""What makes another, longer number of one."""


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with a_phone(inbound_policy="open", max_duration_secs=1200) as running:
        yield running


@pytest.fixture(autouse=True)
def cli(phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLTIS_STATE_DIR", str(tmp_path / "state"))
    write_state(phone.gateway.ready)


def exported(capsys: pytest.CaptureFixture[str], number: str) -> Json:
    capsys.readouterr()
    assert run(["data", "export", "--number", number, "--json"]) == 0
    found: Json = json.loads(capsys.readouterr().out)
    return found


def keep(number: str, *names: str, **changes: Any) -> list[Call]:
    """Have calls with *number* that are over, with two lines each."""
    calls = [
        a_call(call_id=CallId(name), to_number=number, started_at=wiring.now(), **changes)
        for name in names
    ]
    for call in calls:
        wiring.calls().create(call)
        wiring.calls().add_line(call.call_id, Slot.user(1), a_line("It is me."))
        wiring.calls().add_line(call.call_id, Slot.bot(2), a_line("Hm.", speaker=Speaker.BOT))
        wiring.calls().finish(call.call_id, Ending(at=wiring.now()), account=call.account)
    return calls


def holding(phone: Phone, number: str) -> list[str]:
    """The keys of all items of the table in which *number* stands, however it goes on."""
    return sorted(
        f"{item['pk']['S']} {item['sk']['S']}"
        for item in phone.stored()
        if number in json.dumps(item)
    )


def test_whoever_called_and_was_called_gets_every_word_and_every_decision(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    number = phone.far_end(Says("I have a question."), Says("Goodbye!"))
    out = phone.over(phone.initiate(number))
    back = phone.over(phone.dial_in(number, Says("Me again."), Says("Goodbye!")))
    phone.over(phone.initiate(phone.far_end(), mode="notify"))

    found = exported(capsys, number)

    calls = {call["call_id"]: call for call in found["calls"]}
    assert calls == {one["call_id"]: one for one in (out, back)}
    assert ("user", "Me again.") in words(calls[back["call_id"]])
    assert [(one["to"], one["call_id"]) for one in found["decisions"]] == [(number, out["call_id"])]
    assert (found["number"], found["changes"], found["settings"]) == (number, [], [])


def test_settings_that_name_somebody_are_told_of_and_stay(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    number = phone.new_number()
    version = phone.rpc.ask("phone.settings")["version"]
    changes = {"phone.outbound.deny": ["+1900", number, number + LIKE_IT]}
    phone.rpc.ask("phone.save", version=version, changes=changes)

    found = exported(capsys, number)
    code = run(["data", "erase", "--number", number, "--yes"])

    told = capsys.readouterr()
    (change,) = found["changes"]
    assert (found["settings"], change["changes"][0]["after"]) == (
        ["phone.outbound.deny"],
        ["+1900", number, number + LIKE_IT],
    )
    assert (code, "1 entry of the audit erased" in told.out) == (0, True)
    assert "phone.outbound.deny holds the number, and stays" in told.err
    assert phone.rpc.ask("phone.settings")["settings"]["phone"]["outbound"]["deny"][1] == number
    (entry,) = [
        one
        for one in phone.rpc.ask("audit.list", limit=100)["entries"]
        if one["id"] == change["id"]
    ]
    assert entry["changes"][0]["after"] == ["+1900", "erased", number + LIKE_IT]


def test_of_who_is_erased_nothing_is_left_but_settings_and_counters_of_two_days(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    number = phone.far_end(Says("My name is Miller."), Says("Goodbye!"))
    call = phone.over(phone.initiate(number))
    phone.over(phone.dial_in(number, Says("Me again."), Says("Goodbye!")))
    other = phone.over(phone.initiate(phone.far_end(Says("Goodbye!"))))
    (decided,) = exported(capsys, number)["decisions"]

    code = run(["data", "erase", "--number", number, "--yes"])

    told = capsys.readouterr()
    today = f"DAY#{wiring.now():%Y-%m-%d}"
    assert (code, told.out.splitlines()[0]) == (0, "2 calls erased")
    assert "calls looked at" in told.err
    assert holding(phone, number) == [f"ACCOUNT#twilio {today}#{number}"]
    (counter,) = [one for one in phone.stored() if one["sk"]["S"] == f"{today}#{number}"]
    left = int(counter["expires_at"]["N"]) - wiring.now().timestamp()
    assert 0 < left <= timedelta(days=2).total_seconds()
    assert not [one for one in phone.stored() if call["call_id"] in one["pk"]["S"]]
    entries = phone.rpc.ask("voicecall.audit", limit=100)["entries"]
    assert {**decided, "to": "erased"} in entries
    assert phone.status(other["call_id"]) == other
    assert run(["data", "erase", "--number", number, "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "calls": 0,
        "lines": 0,
        "entries": 0,
        "settings": [],
    }


def test_who_was_given_out_and_erased_stands_in_the_audit_without_the_number(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    number = phone.new_number()

    exported(capsys, number)
    run(["data", "erase", "--number", number, "--yes"])

    erased, given = phone.rpc.ask("audit.list", limit=2)["entries"]
    assert (given["action"], erased["action"]) == ("data exported", "data erased")
    assert erased["changes"] == [{"key": f"data of …{number[-4:]}", "before": None, "after": None}]
    assert (erased["name"], holding(phone, number)) == ("gateway", [])


def test_a_number_that_only_begins_alike_is_somebody_else(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    number = phone.new_number()
    (other,) = keep("+4930123456789", "begins-alike")
    entry = an_entry(topic=Topic.CALLS, facts={"to": number + LIKE_IT, "rule": f"deny {number}."})
    wiring.audit().append(replace(entry, action=ALLOWED))

    run(["data", "erase", "--number", "+493012345678", "--yes"])
    run(["data", "erase", "--number", number, "--yes"])

    assert wiring.calls().get(other.call_id).to_number == "+4930123456789"
    (kept,) = (
        wiring.people().entries_with(Topic.CALLS, PhoneNumber(number + LIKE_IT), limit=9).entries
    )
    assert kept.facts == {"to": number + LIKE_IT, "rule": "deny erased."}
    assert capsys.readouterr().out.count("0 calls erased") == 2


def test_while_a_call_is_running_nothing_is_erased(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    number = phone.far_end(*(StaysSilent() for _ in range(50)))
    keep(number, "was-before")
    call_id = phone.initiate(number)
    phone.until(call_id, lambda call: bool(call["answered_at"]))

    code = run(["data", "erase", "--number", number, "--yes"])

    told = capsys.readouterr().err
    assert (code, call_id in told, number in told) == (1, True, False)
    assert "is running" in told
    assert len(exported(capsys, number)["calls"]) == 2
    phone.rpc.ask("voicecall.end", call_id=call_id)
    phone.over(call_id)
    assert run(["data", "erase", "--number", number, "--yes"]) == 0
    assert exported(capsys, number)["calls"] == []


def test_a_call_that_runs_is_never_taken_out_of_the_table(phone: Phone) -> None:
    call = a_call(call_id=CallId("runs"), to_number=phone.new_number(), state=State.ACTIVE)
    wiring.calls().create(call)

    with pytest.raises(ConflictError, match="is not over"):
        wiring.people().forget_call(call.call_id)

    assert wiring.calls().get(call.call_id) == call
    wiring.calls().finish(call.call_id, Ending(at=wiring.now()), account=call.account)


def test_an_erasure_that_broke_off_is_done_by_the_next_one(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = phone.new_number()
    keep(number, "breaks-1", "breaks-2", "breaks-3")
    left = iter([True, False])

    def dies(*what: Any) -> bool:
        if next(left):
            return remove(*what)
        raise ConnectionError

    monkeypatch.setattr(dynamo_people, "remove", dies)
    broken = run(["data", "erase", "--number", number, "--yes"])
    monkeypatch.undo()
    write_state(phone.gateway.ready)
    between = exported(capsys, number)["calls"]
    again = run(["data", "erase", "--number", number, "--yes"])

    assert (broken, len(between), again) == (1, 2, 0)
    assert sorted(len(call["transcript"]) for call in between) == [0, 2]
    assert holding(phone, number) == []


def test_many_calls_are_gone_through_piece_by_piece(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = phone.new_number()
    monkeypatch.setattr(dynamo_people, "_PAGE", 4)
    monkeypatch.setattr(people, "MOST_CALLS", 2)
    names = [f"many-{place}" for place in range(7)]
    keep(number, *names)

    found = exported(capsys, number)
    code = run(["data", "erase", "--number", number, "--yes"])

    told = capsys.readouterr()
    assert sorted(call["call_id"] for call in found["calls"]) == sorted(names)
    assert (code, told.out.splitlines()[:2]) == (
        0,
        [f"{len(names)} calls erased", f"{2 * len(names)} lines of what was said erased"],
    )
    assert len([line for line in told.err.splitlines() if "looked at" in line]) > 2
    assert holding(phone, number) == []


def test_many_calls_on_one_page_are_told_of_a_few_at_a_time(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = phone.new_number()
    monkeypatch.setattr(people, "MOST_CALLS", 2)
    keep(number, *(f"dense-{place}" for place in range(5)))

    piece = phone.rpc.ask("data.export", number=number)

    assert (len(piece["calls"]), piece["looked_at"]) == (2, 2)
    assert len(exported(capsys, number)["calls"]) == 5
    assert run(["data", "erase", "--number", number, "--yes"]) == 0
    assert holding(phone, number) == []


def test_before_anything_is_erased_it_is_told_and_asked(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = phone.new_number()
    keep(number, "asked")
    answers = iter([False, True])
    monkeypatch.setattr("click.confirm", lambda *_, **__: next(answers))

    dry = run(["data", "erase", "--number", number, "--dry-run"])
    refused = run(["data", "erase", "--number", number])
    told = capsys.readouterr()
    agreed = run(["data", "erase", "--number", number])

    assert (dry, refused, agreed) == (0, 1, 0)
    assert "1 call would be erased" in told.out
    assert "1 call, 2 lines of what was said, 0 entries of the audit" in told.err
    assert "nothing was erased" in told.err
    assert holding(phone, number) == []


def test_a_file_of_what_is_given_out_is_read_by_nobody_else(
    phone: Phone, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number, file = phone.new_number(), tmp_path / "miller.json"
    keep(number, "written")

    code = run(["data", "export", "--number", number, "--output", str(file)])

    assert (code, stat.S_IMODE(file.stat().st_mode)) == (0, 0o600)
    assert json.loads(file.read_text())["calls"][0]["to"] == number
    assert number not in capsys.readouterr().out
    assert run(["data", "export", "--number", number]) == 0
    assert "other: It is me." in capsys.readouterr().out


def test_sounds_of_what_was_said_to_somebody_are_thrown_away(phone: Phone) -> None:
    number, speech = phone.new_number(), SpeechSettings(provider=SpeechKind.POLLY)
    (call,) = keep(number, "voiced", speech=speech, direction=Direction.OUTBOUND)
    aloud = wiring.aloud()
    assert aloud is not None
    utterance = Utterance(
        text=call.opening, language=call.language, speech=speech, format=SoundFormat.MULAW_WAV
    )
    other = replace(utterance, text="Something else.")
    for one in (utterance, other):
        aloud._shelf.put(one.name, b"RIFF")  # noqa: SLF001  # as if it had been made
        assert aloud.has(one)

    phone.rpc.ask("data.erase", number=number)

    assert not aloud.has(utterance)
    assert aloud.has(other)


def test_a_number_of_the_phones_own_is_not_erased(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    own = phone.gateway.seeded[0].account.from_number

    code = run(["data", "erase", "--number", own, "--yes"])

    assert code == 2
    assert "is the phone's own" in capsys.readouterr().err


@pytest.mark.parametrize("method", ["data.export", "data.erase"])
@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "number"),
        ({"number": "5551234567"}, "number"),
        ({"number": "+49112"}, "number"),
        ({"number": "+15559876543", "cursor": "elsewhere.x"}, "cursor"),
        ({"number": "+15559876543", "cursor": "calls.x"}, "cursor"),
        ({"number": "+15559876543", "cursor": "decisions.x"}, "cursor"),
    ],
)
def test_what_is_no_number_and_no_cursor_is_refused(
    phone: Phone, method: str, params: Json, field: str
) -> None:
    with pytest.raises(RefusedError) as refusal:
        phone.rpc.ask(method, **params)

    assert (refusal.value.code, refusal.value.data["field"]) == (-32602, field)


@pytest.mark.parametrize("method", ["data.export", "data.erase"])
def test_a_token_that_may_only_read_does_neither(phone: Phone, method: str) -> None:
    token = make_token("a display", Scope.READ, at=wiring.now())
    wiring.tokens().add(token.kept)
    rpc = RpcClient(GatewayAddress(phone.gateway.url, token.text))

    with pytest.raises(RefusedError) as refusal:
        rpc.ask(method, number="+15559876543")
    rpc.close()

    assert refusal.value.code == -32003
