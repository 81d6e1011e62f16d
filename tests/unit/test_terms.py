"""Whose voice: the account's, the number's, the call's; the last that says something holds."""

from dataclasses import replace
from typing import ClassVar, Final

import pytest

from chalicelib.actions.place_call import CallOrder, place_call, place_call_or_fall_back
from chalicelib.calls.phone_numbers import e164
from chalicelib.calls.terms import AgentKind, AgentSettings, OwnTerms, SpeechKind, SpeechSettings
from chalicelib.errors import InvalidParamsError, ProviderUnavailableError
from tests.builders import an_account
from tests.fake_carriers import FakeProvider
from tests.worlds import World

NUMBER: Final = "+15551234567"
AMY: Final = SpeechSettings(provider=SpeechKind.POLLY, voice="Amy", model="neural")
ACCOUNT: Final = an_account(
    language="en-GB",
    voice="Polly.Amy",
    tts=AMY,
    agent=AgentSettings(kind=AgentKind.OPENAI, model="small", base_url="https://m.example.com"),
)
ORDER: Final = CallOrder(to=e164("+15559876543"))


def on_number(**own: object) -> OwnTerms:
    return OwnTerms(**own)  # type: ignore[arg-type]  # as the tests below have it


@pytest.mark.parametrize(
    ("own", "speech", "voice"),
    [
        (on_number(), AMY, "Polly.Amy"),
        (on_number(language="en-US"), AMY, "Polly.Amy"),
        (on_number(language="de-DE"), replace(AMY, voice=""), ""),
        (on_number(language="de-DE", voice="Polly.Vicki"), replace(AMY, voice=""), "Polly.Vicki"),
        (on_number(speech={"voice": "Brian"}), replace(AMY, voice="Brian"), "Polly.Amy"),
        (
            on_number(language="de-DE", speech={"provider": SpeechKind.OPENAI}),
            SpeechSettings(provider=SpeechKind.OPENAI),
            "",
        ),
        (on_number(voice=""), AMY, ""),
    ],
)
def test_a_voice_is_inherited_where_it_speaks_the_same_language_for_the_same_engine(
    own: OwnTerms, speech: SpeechSettings, voice: str
) -> None:
    terms = replace(ACCOUNT, numbers={NUMBER: own}).terms_on(NUMBER)

    assert (terms.speech, terms.voice) == (speech, voice)


def test_the_voices_of_a_model_speak_every_language() -> None:
    nova = SpeechSettings(provider=SpeechKind.OPENAI, voice="nova")

    assert replace(ACCOUNT, tts=nova).terms.with_own(OwnTerms(language="de-DE")).speech == nova


def test_another_kind_of_agent_has_no_model_of_the_first_and_the_same_kind_has() -> None:
    other = ACCOUNT.terms.with_own(OwnTerms(agent={"kind": AgentKind.BEDROCK})).agent
    same = ACCOUNT.terms.with_own(OwnTerms(agent={"system_prompt": "Be kind."})).agent

    assert other == replace(ACCOUNT.agent, kind=AgentKind.BEDROCK, model="")
    assert same == replace(ACCOUNT.agent, system_prompt="Be kind.")


def test_fillers_in_another_language_are_not_inherited() -> None:
    own = ("One moment.", "Let me see.")
    account = replace(ACCOUNT, agent=replace(ACCOUNT.agent, fillers=own))

    assert account.terms.with_own(OwnTerms(language="en-GB")).agent.fillers == own
    assert account.terms.with_own(OwnTerms(language="de-DE")).agent.fillers == ()


def world() -> World:
    made = World.of(call=None)
    account = replace(ACCOUNT, numbers={NUMBER: OwnTerms(speech={"voice": "Brian"})})
    return replace(made, exchange=replace(made.exchange, account=account))


def test_what_is_asked_for_one_call_goes_before_its_number() -> None:
    exchange = world().exchange

    plain = place_call(ORDER, exchange=exchange)
    own = place_call(replace(ORDER, voice="Emma"), exchange=exchange)
    carriers = place_call(
        replace(ORDER, voice="female", speaker=SpeechKind.CARRIER), exchange=exchange
    )

    assert (plain.speech.voice, plain.voice) == ("Brian", "Polly.Amy")
    assert (own.speech.voice, own.voice) == ("Emma", "Polly.Amy")
    assert carriers.speech.provider is SpeechKind.CARRIER
    assert carriers.voice == "female"


def test_a_voice_that_the_carrier_has_not_is_refused_before_anything_rings() -> None:
    made = world()
    order = replace(ORDER, voice="Nobody", speaker=SpeechKind.CARRIER)

    with pytest.raises(InvalidParamsError, match="voice: is no voice of"):
        place_call(order, exchange=made.exchange)

    assert made.provider.placed == []


class OtherCarrier(FakeProvider):
    voices: ClassVar[str] = "WOMAN"


def test_a_fallback_speaks_in_a_voice_of_its_own_where_it_has_not_the_one_asked_for() -> None:
    made, other = world(), world()
    account = replace(made.exchange.account, fallback="reserve")
    exchange = replace(made.exchange, account=account)
    made.provider.broken = ProviderUnavailableError("down", provider="telnyx")
    order = replace(ORDER, voice="female", speaker=SpeechKind.CARRIER)
    reserve = replace(other.exchange, provider=OtherCarrier())

    call = place_call_or_fall_back(order, exchange=exchange, fallback=lambda _: reserve)

    assert call.voice == "Polly.Amy"
