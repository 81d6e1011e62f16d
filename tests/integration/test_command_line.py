"""The command line against a gateway that runs."""

import io
import json
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.calls.terms import SpeechKind, SpeechSettings
from chalicelib.tool.formats import FORMATS
from moltis.carriers.line import NeverPicksUp, Says
from moltis.commands.root import run
from moltis.state_file import write_state
from tests.phone import Json, Phone, words

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def state(phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLTIS_STATE_DIR", str(tmp_path / "state"))
    write_state(phone.gateway.ready)


def moltis(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def one_json(text: str) -> Json:
    (line,) = text.splitlines()
    found: Json = json.loads(line)
    return found


def test_call_with_wait_shows_the_conversation(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    to = phone.far_end(Says("Who is it?"), Says("Goodbye!"))

    code, out, err = moltis(
        capsys, "voice-call", "call", "--to", to, "--message", "Hi there.", "--wait"
    )

    assert (code, err) == (0, "")
    assert "agent: Hi there." in out
    assert "other: Who is it?" in out


def test_call_with_wait_and_json_prints_exactly_one_object(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--to", phone.far_end(), "--message", "Done.", "--mode", "notify"]

    code, out, _ = moltis(capsys, "voice-call", "call", *arguments, "--wait", "--json")

    call = one_json(out)
    assert (code, call["end_reason"]) == (0, "completed")
    assert words(call) == [("bot", "Done.")]


def test_a_call_is_spoken_as_its_flags_say(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    spoken = ["--language", "de-DE", "--voice", "de", "--tts-provider", "espeak"]
    arguments = ["--to", phone.far_end(), "--message", "Fertig.", "--mode", "notify", *spoken]

    code, out, err = moltis(capsys, "voice-call", "call", *arguments, "--json")

    assert err == ""
    call = wiring.calls().get(one_json(out)["call_id"])
    speech = SpeechSettings(provider=SpeechKind.ESPEAK, voice="de")
    assert (code, call.language, call.voice, call.speech) == (0, "de-DE", "", speech)
    assert moltis(capsys, "voice-call", "call", *arguments[:-1], "parrot")[0] == 2


def test_a_call_that_nobody_answers_is_a_failure(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    to = phone.far_end(ringing=NeverPicksUp())

    code, out, _ = moltis(capsys, "voice-call", "call", "--to", to, "--wait")

    assert (code, "no_answer" in out) == (1, True)


def test_a_call_can_be_watched_spoken_into_keyed_and_ended(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    to = phone.far_end(*(Says(f"Yes, {n}.") for n in range(200)))
    _, out, _ = moltis(capsys, "voice-call", "call", "--to", to, "--message", "Hi.", "--json")
    call_id = one_json(out)["call_id"]
    phone.until(call_id, lambda call: call["state"] == "listening")

    spoken, _, _ = moltis(capsys, "voice-call", "speak", call_id, "--message", "One moment.")
    keyed, _, _ = moltis(capsys, "voice-call", "dtmf", call_id, "1ww2#")
    ended, _, _ = moltis(capsys, "voice-call", "end", call_id)
    phone.over(call_id)
    status, shown, _ = moltis(capsys, "voice-call", "status", call_id, "--json")
    tailed, tail, _ = moltis(capsys, "voice-call", "tail", call_id)

    assert (spoken, keyed, ended, status, tailed) == (0, 0, 0, 0, 0)
    assert one_json(shown)["end_reason"] == "hangup_bot"
    assert ("bot", "One moment.") in words(one_json(shown))
    assert "agent: [keys 1ww2#]" in tail


def test_status_and_history_without_a_call_give_the_overview(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    phone.over(phone.initiate(phone.far_end(), "Done.", mode="notify"))

    status, overview, _ = moltis(capsys, "voice-call", "status")
    listed, history, _ = moltis(capsys, "voice-call", "history", "--limit", "1", "--json")

    assert (status, listed) == (0, 0)
    assert overview.startswith("twilio (default): simulated, +15550100001, ready\n")
    assert len(one_json(history)["calls"]) == 1


def test_setup_says_what_is_configured(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = moltis(capsys, "voice-call", "setup", "--check")
    json_code, json_out, _ = moltis(capsys, "voice-call", "setup", "--check", "--json")

    assert (code, json_code) == (0, 0)
    assert "simulated: no credentials are set" in out
    assert one_json(json_out)["ready"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["call", "--to", "12345"], 2, "to: must be in international form, like +15559876543"),
        (["call", "--to", "+15559876543", "--mode", "shout"], 2, "'shout' is not one of"),
        (["call", "--to", "+15559876543", "--account", "nobody"], 2, "no account 'nobody'"),
        (["call"], 2, "Missing option '--to'"),
        (["dtmf", "nobody", "1"], 1, "there is no call 'nobody'"),
        (["status", "nobody"], 1, "there is no call 'nobody'"),
        (["explode"], 2, "No such command 'explode'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, sentence: str
) -> None:
    found, out, err = moltis(capsys, "voice-call", *arguments)

    assert (found, out) == (code, "")
    assert sentence in err
    assert err.startswith("moltis: ")
    assert len(err.splitlines()) == 1


def test_digits_that_cannot_be_keyed_are_wrong_usage(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    to = phone.far_end(*(Says(f"Yes, {n}.") for n in range(200)))
    call_id = phone.initiate(to)
    phone.until(call_id, lambda call: call["state"] == "listening")

    code, _, err = moltis(capsys, "voice-call", "dtmf", call_id, "12x")

    assert (code, "must be 1 to 32 of 0-9 A-D * # w W" in err) == (2, True)
    phone.rpc.ask("voicecall.end", call_id=call_id)
    phone.over(call_id)


def test_a_wrong_token_is_refused(
    phone: Phone, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLTIS_GATEWAY_URL", phone.gateway.url)
    monkeypatch.setenv("MOLTIS_TOKEN", "mp_wrong")

    code, _, err = moltis(capsys, "voice-call", "status")

    assert (code, "does not know this token" in err) == (1, True)


def test_no_gateway_is_exit_code_three(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOLTIS_STATE_DIR", str(tmp_path / "nothing"))
    never_started = moltis(capsys, "voice-call", "status")
    monkeypatch.setenv("MOLTIS_GATEWAY_URL", NOBODY)
    half = moltis(capsys, "voice-call", "status")
    monkeypatch.setenv("MOLTIS_TOKEN", "mp_any")
    gone = moltis(capsys, "voice-call", "status")

    assert [never_started[0], half[0], gone[0]] == [3, 3, 3]
    assert "start one with `moltis gateway`" in never_started[2]
    assert "MOLTIS_TOKEN is not; set both" in half[2]
    assert "does not answer" in gone[2]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_the_shells(
    capsys: pytest.CaptureFixture[str], shell: str
) -> None:
    code, out, _ = moltis(capsys, "completion", shell)

    assert (code, "_MOLTIS_COMPLETE" in out) == (0, True)


def test_latency_tells_how_long_replies_took_as_a_table_and_as_json(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    phone.over(phone.initiate(phone.far_end(Says("Who is it?"), Says("Goodbye!")), "Hi there."))

    code, table, _ = moltis(capsys, "voice-call", "latency", "--last", "1")
    _, out, _ = moltis(capsys, "voice-call", "latency", "--last", "1", "--json")

    found = one_json(out)
    assert code == 0
    assert (found["calls"], found["turns"]) == (1, 2)
    assert found["stages"]["total_ms"]["count"] == 2
    assert f"{found['stages']['total_ms']['max']}" in table


@pytest.mark.parametrize("command", ["", "call", "status", "end", "speak", "dtmf", "history"])
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = moltis(capsys, "voice-call", *([command] if command else []), "--help")

    assert (code, out.startswith("Usage: moltis voice-call")) == (0, True)


def test_the_tool_is_used_with_json_and_answers_with_json(
    phone: Phone, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = {"action": "initiate_call", "to": phone.far_end(), "message": "Done.", "mode": "notify"}

    placed = one_json(moltis(capsys, "voice-call", "tool", json.dumps(order))[1])
    waiting = {"action": "wait", "call_id": placed["call_id"], "until": "end"}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(waiting)))
    code, out, err = moltis(capsys, "voice-call", "tool", "-")

    assert (code, err) == (0, "")
    assert one_json(out)["end_reason"] == "completed"


@pytest.mark.parametrize(
    ("question", "exit_code", "code"),
    [
        ("{", 2, "invalid_params"),
        ("\udcff", 2, "invalid_params"),
        ('{"action": "end_call"}', 2, "invalid_params"),
        ('{"action": "list_calls", "account": "nobody"}', 2, "unknown_account"),
        ('{"action": "get_status", "call_id": "x"}', 1, "unknown_call"),
    ],
)
def test_a_question_that_is_refused_is_answered_with_json_too(
    capsys: pytest.CaptureFixture[str], question: str, exit_code: int, code: str
) -> None:
    exited, out, _ = moltis(capsys, "voice-call", "tool", question)

    assert (exited, one_json(out)["error"]["code"]) == (exit_code, code)


def test_the_tool_without_a_good_token_is_a_failure(
    phone: Phone, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLTIS_GATEWAY_URL", phone.gateway.url)
    monkeypatch.setenv("MOLTIS_TOKEN", "mp_wrong")

    code, out, _ = moltis(capsys, "voice-call", "tool", '{"action": "list_calls"}')

    assert (code, one_json(out)["error"]["code"]) == (1, "unauthorized")


@pytest.mark.parametrize("kind", FORMATS)
def test_the_schema_of_the_tool_needs_no_gateway(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("MOLTIS_GATEWAY_URL", NOBODY)

    code, out, _ = moltis(capsys, "voice-call", "tool-schema", "--format", kind)

    assert code == 0
    assert json.loads(out) == FORMATS[kind]()
