"""docs/agents.md shows the event, the acts and the prompt as they are."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.agents.acts import TOOLS
from chalicelib.agents.function import event
from chalicelib.agents.prompt import system_prompt
from chalicelib.agents.reading import MOST_SPOKEN, read_reply
from chalicelib.agents.registry import AGENTS
from chalicelib.calls.call import Direction, State
from chalicelib.calls.replies import Act
from chalicelib.calls.transcript import Conversation, Speaker
from moltis.deployment import template
from tests.builders import a_call, a_line
from tests.docs.pages import DOCS, blocks, named, rows, sections

PAGE: Final = DOCS / "agents.md"
SECTIONS: Final = sections(PAGE)
WISHES: Final = "You answer for the bakery Krume."
INBOUND: Final = a_call(
    direction=Direction.INBOUND,
    state=State.ACTIVE,
    from_number="+15559876543",
    to_number="+15551234567",
)
CONVERSATION: Final = Conversation(
    INBOUND, (a_line("Krume, good morning.", speaker=Speaker.BOT), a_line("Do you have rolls?"))
)
EXAMPLES: Final = [json.loads(text) for text in blocks(PAGE, "json")]
REPLIES: Final = [example for example in EXAMPLES if "version" not in example]


def test_every_agent_has_a_row_and_a_section() -> None:
    table = PAGE.read_text("utf-8").partition("\n## ")[0]

    assert [row[0] for row in rows(table)] == [f"`{kind}`" for kind in AGENTS]
    assert set(SECTIONS) >= {f"`{kind}`" for kind in AGENTS} - {"`offline`"}


def test_the_example_of_an_event_is_the_real_one() -> None:
    (example,) = [example for example in EXAMPLES if "version" in example]
    real = json.loads(json.dumps(event(CONVERSATION, WISHES)))

    assert example["system"] == f"{real['system'].partition('. ')[0]}. …"
    assert {**real, "system": ""} == {**example, "system": ""}


def test_the_table_of_acts_is_the_one_that_a_model_has() -> None:
    table = rows(SECTIONS["Acts"])

    assert [row[0] for row in table] == [f"`{name}`" for name in TOOLS]
    for name, _, beside in table:
        parameters = TOOLS[name.strip("`")].parameters
        assert set(parameters) - {"say"} == named(beside) & {"digits", "finish_key", "to"}


@pytest.mark.parametrize("reply", REPLIES, ids=str)
def test_every_example_of_a_written_reply_is_understood(reply: dict[str, Any]) -> None:
    *_, last = read_reply(reply)

    assert isinstance(last, Act)


def test_the_example_of_a_function_works() -> None:
    (source,) = blocks(PAGE, "python")
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102  # it is our own page

    for said in ("Hello", "Bye"):
        conversation = Conversation(INBOUND, (a_line(said),))
        assert list(read_reply(names["handler"](event(conversation, WISHES), None)))


def test_what_agents_need_on_aws_can_be_put_into_a_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    infra = tmp_path / "infra"
    shutil.copytree(template.INFRA, infra)
    monkeypatch.setattr(template, "INFRA", infra)
    (infra / "stages" / "rehearsal.yaml").write_text(blocks(PAGE, "yaml")[0])

    resources = template.template_for("rehearsal", traced=False)["Resources"]

    policy = resources["AgentPolicy"]["Properties"]
    allowed = [statement["Action"] for statement in policy["PolicyDocument"]["Statement"]]
    assert policy["Roles"] == [{"Ref": "TakeTurnRole"}]
    assert "TakeTurnRole" in resources
    assert allowed == [
        ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
        "lambda:InvokeFunction",
    ]


def test_the_prompt_is_shown_as_it_is() -> None:
    (shown,) = blocks(PAGE, "text")

    assert shown.strip() == system_prompt(INBOUND, WISHES, has_tools=True)


def test_how_much_is_spoken_at_most_is_true() -> None:
    assert f"After {MOST_SPOKEN} characters" in SECTIONS["What is spoken"]
