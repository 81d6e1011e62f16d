import re
from pathlib import Path
from typing import Final

import pytest

from chalicelib.providers.registry import PROVIDERS
from tests.house.sources import files, shown

CARRIER_WORDS: Final = re.compile(
    rf"(?i){'|'.join(PROVIDERS)}|twiml|texml|call_control|call_?sid|gather|webhook"
)
WEB_WORDS: Final = re.compile(r"(?i)chalice(?!lib)|blueprint|cookie|csrf|<html|\brpc\b|\bmcp\b")
MODEL_WORDS: Final = re.compile(
    r"(?i)openai|bedrock|anthropic|ollama|vllm|\bllms?\b|\bmodels?\b|system_?prompt|chat_?completion"
    r"|\bagents?\b"
)

every_agent_file = pytest.mark.parametrize("path", files("chalicelib/agents"), ids=shown)
every_provider_file = pytest.mark.parametrize("path", files("chalicelib/providers"), ids=shown)


@every_agent_file
@pytest.mark.parametrize("words", [CARRIER_WORDS, WEB_WORDS], ids=["carriers", "web"])
def test_an_agent_knows_neither_carriers_nor_the_web(path: Path, words: re.Pattern[str]) -> None:
    assert words.findall(path.read_text("utf-8")) == []


@every_provider_file
def test_a_carrier_knows_no_models(path: Path) -> None:
    assert MODEL_WORDS.findall(path.read_text("utf-8")) == []
