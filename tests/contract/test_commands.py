import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.calls.events import SpeechEnded
from chalicelib.calls.verbs import (
    Gather,
    HangUp,
    Listen,
    Pause,
    Play,
    Redirect,
    Reject,
    Say,
    SendDigits,
    StopSpeaking,
    Verb,
)
from chalicelib.errors import ProviderRejectedError, UnsupportedFeatureError
from chalicelib.providers.base import Feature, Performance
from tests.builders import a_call
from tests.contract.base import CALL_ID, Case, Command
from tests.contract.cases import CASES

TAKERS: Final = tuple(case for case in CASES if case.provider().takes_commands)
COMMANDS: Final = [
    pytest.param(case, command, id=f"{case.name}-{command.name}-{number}")
    for case in TAKERS
    for number, command in enumerate(case.commands)
]
every_taker = pytest.mark.parametrize("case", TAKERS, ids=lambda case: case.name)
every_command = pytest.mark.parametrize(("case", "command"), COMMANDS)

URL: Final = "https://phone.example.com/a.wav"
NEEDED: Final[dict[Feature, Verb]] = {
    Feature.SPEECH_INPUT: Listen(),
    Feature.SEND_DIGITS: SendDigits("1ww2#"),
    Feature.SPEAK: Say(text="Hello."),
    Feature.PLAY: Play(URL),
    Feature.REJECT: Reject(),
}
DOCUMENTS_ONLY: Final[tuple[Verb, ...]] = (Gather(action=URL), Pause(1), Redirect(URL))
FIRST_WORDS: Final = (Listen("en-US"), Say(text="Hello."))


@dataclass(frozen=True, slots=True)
class Sent:
    url: str
    body: dict[str, Any]


@pytest.fixture
def carrier() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def a_performance(case: Case, *verbs: Verb, **changes: Any) -> Performance:
    known = case.provider_call_id
    one = Performance(provider_call_id=known, call_id=CALL_ID, mark="turn-2", verbs=verbs)
    return replace(one, **changes)


def answering(case: Case, carrier: responses.RequestsMock) -> None:
    for name in {command.name for command in case.commands}:
        carrier.add("POST", case.command_url(name), json=case.operation("perform").answer)


def performed(case: Case, *performances: Performance) -> list[Sent]:
    """What goes over the wire, in its order."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as carrier:
        answering(case, carrier)
        for performance in performances:
            case.provider().perform(performance)
        return [
            Sent(call.request.url or "", json.loads(call.request.body or b"{}"))
            for call in carrier.calls
        ]


def spoken(case: Case, text: str) -> list[str]:
    word = next(c for c in case.commands if isinstance(c.verb, Say))
    (field,) = (name for name, value in word.body.items() if value == word.verb.text)  # type: ignore[union-attr]
    return [sent.body[field] for sent in performed(case, a_performance(case, Say(text=text)))]


@every_command
def test_a_verb_becomes_one_command(case: Case, command: Command) -> None:
    (sent,) = performed(case, a_performance(case, command.verb))

    common = {case.command_id, case.command_state}
    assert sent.url == case.command_url(command.name)
    assert {k: v for k, v in sent.body.items() if k not in common} == command.body
    assert common <= set(sent.body)


@every_command
def test_the_vendors_own_library_knows_all_that_is_sent(case: Case, command: Command) -> None:
    (sent,) = performed(case, a_performance(case, command.verb))

    assert case.vendor_objections(command.name, sent.body) == []


@every_taker
@pytest.mark.parametrize("feature", NEEDED)
def test_a_verb_is_performed_or_refused_exactly_as_the_features_say(
    case: Case, feature: Feature
) -> None:
    performance = a_performance(case, NEEDED[feature])

    if feature in case.provider().features:
        assert len(performed(case, performance)) == 1
    else:
        with pytest.raises(UnsupportedFeatureError):
            performed(case, performance)


@every_taker
def test_verbs_are_performed_in_their_order(case: Case) -> None:
    verbs = tuple(command.verb for command in case.commands)

    sent = performed(case, a_performance(case, *verbs))

    assert [one.url for one in sent] == [case.command_url(c.name) for c in case.commands]


@every_taker
@pytest.mark.parametrize("verb", DOCUMENTS_ONLY, ids=lambda verb: type(verb).__name__)
def test_what_only_a_document_can_say_is_refused_by_name_before_anything_is_done(
    case: Case, verb: Verb, carrier: responses.RequestsMock
) -> None:
    answering(case, carrier)
    name = type(verb).__name__

    with pytest.raises(UnsupportedFeatureError, match=f"{case.name} cannot do '{name}'") as refused:
        case.provider().perform(a_performance(case, Say(text="Hello."), verb))

    assert refused.value.feature == name
    assert len(carrier.calls) == 0


@every_taker
def test_a_webhook_is_answered_with_nothing_to_do(case: Case) -> None:
    provider = case.provider()

    assert json.loads(provider.render([]).body) == {}
    with pytest.raises(UnsupportedFeatureError, match="documents"):
        provider.render([HangUp()])
    with pytest.raises(UnsupportedFeatureError, match="documents"):
        provider.interrupt(case.provider_call_id, URL)


@every_taker
def test_after_a_refusal_nothing_more_is_asked_for(
    case: Case, carrier: responses.RequestsMock
) -> None:
    for name in {command.name for command in case.commands}:
        refusal = case.refusal
        carrier.add("POST", case.command_url(name), json=refusal.body, status=refusal.status)

    with pytest.raises(ProviderRejectedError):
        case.provider().perform(a_performance(case, *FIRST_WORDS))

    assert len(carrier.calls) == 1


@every_taker
@pytest.mark.parametrize("length", [1, 2, 7, 30, -2, -1])
def test_a_long_text_is_said_in_pieces_and_no_word_is_torn(case: Case, length: int) -> None:
    length %= case.say_limit
    text = " ".join(["x" * length] * (3 * case.say_limit // length))

    pieces = spoken(case, text)

    assert " ".join(pieces) == text
    assert max(map(len, pieces)) <= case.say_limit
    assert {word for piece in pieces for word in piece.split()} == {"x" * length}


@every_taker
def test_a_long_text_is_parted_where_a_sentence_ends(case: Case) -> None:
    sentence = ("Dr. No said so, and so on and on. " * 10).strip()
    text = " ".join([sentence] * (case.say_limit // len(sentence) + 1))

    pieces = spoken(case, text)

    assert " ".join(pieces) == text
    assert len(pieces) > 1
    assert all(piece.endswith(" and so on and on.") for piece in pieces)


@every_taker
def test_a_word_without_end_is_torn_rather_than_lost(case: Case) -> None:
    limit = case.say_limit

    pieces = spoken(case, "x" * (2 * limit + 1))

    assert [len(piece) for piece in pieces] == [limit, limit, 1]


@every_taker
def test_what_nobody_can_pronounce_is_left_out(case: Case) -> None:
    assert spoken(case, "\x00He\x08l\x1flo,\n\u4f60\u597d \ud800\U0001f642") == [
        "Hello,\n\u4f60\u597d \U0001f642"
    ]


@every_taker
def test_the_same_performance_again_is_known_by_its_ids(case: Case) -> None:
    performance = a_performance(case, *FIRST_WORDS)

    first, second = performed(case, performance), performed(case, performance)

    assert first == second
    assert len({one.body[case.command_id] for one in first}) == len(FIRST_WORDS)


@every_taker
@pytest.mark.parametrize("changes", [{"mark": "turn-3"}, {"call_id": "another"}], ids=str)
def test_another_performance_has_other_ids(case: Case, changes: dict[str, str]) -> None:
    one = a_performance(case, *FIRST_WORDS)

    sent = performed(case, one, replace(one, **changes))  # type: ignore[arg-type]

    assert len({command.body[case.command_id] for command in sent}) == len(sent)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(case=st.sampled_from(TAKERS), heard=st.integers(-1, 999))
def test_how_often_the_far_end_was_heard_comes_back_once_the_words_were_spoken(
    case: Case, heard: int
) -> None:
    performance = a_performance(case, Say(text="Hello."), heard=heard)

    (sent,) = performed(case, performance)

    (event,) = case.provider().parse(case.heard(sent.body))
    assert isinstance(event, SpeechEnded)
    assert (event.call_id, event.heard) == (CALL_ID, heard)
    assert event.delivery


@every_taker
@pytest.mark.parametrize("length", [1, 30, -1])
def test_as_many_ends_are_expected_as_there_are_things_to_be_spoken(
    case: Case, length: int
) -> None:
    text = " ".join(["x" * (length % case.say_limit)] * 7)
    spoken: tuple[Verb, ...] = (Say(text=text), Play(URL))

    sent = performed(case, a_performance(case, *spoken))

    silent: tuple[Verb, ...] = (Listen(), SendDigits("1"), StopSpeaking(), HangUp())
    assert case.provider().utterances((*silent, *spoken)) == len(sent)


@every_taker
def test_what_comes_back_holds_no_secret_and_no_number(case: Case) -> None:
    place = case.operation("place")
    (sent,) = performed(case, a_performance(case, Say(text="Hello.")))

    shown = case.shown_state(sent.body) + case.shown_state(dict(place.fields))

    call = a_call()
    private = (*case.credentials.values(), call.from_number, call.to_number, "Hello")
    assert CALL_ID in shown
    assert [word for word in private if word in shown] == []
