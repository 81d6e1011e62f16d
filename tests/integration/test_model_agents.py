import pytest

from chalicelib.errors import ConfigurationError
from moltis.carriers.line import Says
from tests.model_server import Answers, ModelServer
from tests.phone import a_phone, audible, words

KEY = "sk-made-up-for-this"


@pytest.mark.parametrize("provider", ["twilio", "telnyx", "plivo"])
def test_a_model_holds_a_conversation_and_ends_it(provider: str) -> None:
    script = (
        Answers("Gladly. For how many people?"),
        Answers("A table for two, noted.", act="end_call", arguments={"say": "Goodbye."}),
    )
    with ModelServer(*script) as server:
        agent = {"kind": "openai", "base_url": server.url, "model": "any", "api_key": KEY}
        with a_phone(provider, agent=agent) as phone:
            far_end = phone.far_end(Says("A table, please."), Says("For two.", when="how many"))

            call = phone.over(phone.initiate(far_end, "Krume, hello."))

            heard = audible(phone, call)

    assert call["end_reason"] == "hangup_bot"
    assert words(call) == heard
    assert [text for speaker, text in heard if speaker == "user"] == [
        "A table, please.",
        "For two.",
    ]
    assert " ".join(text for speaker, text in heard if speaker == "bot") == (
        "Krume, hello. Gladly. For how many people? A table for two, noted. Goodbye."
    )
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {KEY}"}
    assert server.asked[-1].said == [
        ("user", "[on the line]"),
        ("assistant", "Krume, hello."),
        ("user", "A table, please."),
        ("assistant", "Gladly. For how many people?"),
        ("user", "For two."),
    ]


@pytest.mark.parametrize(
    ("agent", "missing"),
    [
        ({"kind": "bedrock", "model": "amazon.nova-lite-v1:0"}, "no Bedrock"),
        ({"kind": "lambda", "function_name": "bakery"}, "no functions of yours"),
    ],
)
def test_an_agent_that_the_embedded_cloud_has_not_is_refused_at_start(
    agent: dict[str, str], missing: str
) -> None:
    with (
        pytest.raises(ConfigurationError, match=f"has {missing}; set AWS_ENDPOINT_URL"),
        a_phone(agent=agent),
    ):
        pass
