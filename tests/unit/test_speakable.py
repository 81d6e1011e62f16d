import re
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.calls import speakable as speakable_text
from chalicelib.calls.speakable import speakable

SPOKEN: Final = {
    "plain words": ("Hello! How can I help?", "Hello! How can I help?"),
    "emphasis": ("It is **very** _nice_ of *you*, ~~not~~ ok.", "It is very nice of you, not ok."),
    "a heading": ("# Hours\nWe open at nine.", "Hours. We open at nine."),
    "a list": (
        "We have:\n- milk\n* eggs\n+ bread\n\nAnd you?",
        "We have: milk, eggs, bread. And you?",
    ),
    "a numbered list": ("1. Open it\n2. Close it", "Open it, Close it."),
    "tasks": ("- [x] done\n- [ ] open", "done, open."),
    "a number that is an answer": ("5. Anything else?", "5. Anything else?"),
    "a table": ("| day | hour |\n|:--|--:|\n| Monday | nine |", "day, hour. Monday, nine."),
    "a rule": ("Yes.\n\n---\n\nNo.", "Yes. No."),
    "a quotation": ("> To be\n> or not", "To be or not"),
    "inline code": ("Press `1` or ```2``` now", "Press 1 or 2 now"),
    "a block of code": ("Try this:\n```python\nprint(1)\n```\nGood.", "Try this: Good."),
    "a block that is not closed": ("Hello.\n```js\nalert(1)", "Hello."),
    "nothing but a block of text": ("```\nHello there.\n```", "Hello there."),
    "nothing but code": ("```python\nprint(1)\n```", ""),
    "a link": ("See [our page](https://a.example/b_(c)) now.", "See our page now."),
    "a link by reference": ("See [it][1].\n\n[1]: https://a.example", "See it."),
    "a picture by link": ("![a cat](cat.png) there", "a cat there"),
    "an address": ("Go to https://www.example.com/a/b?c=1#d.", "Go to example.com."),
    "an address in brackets": ("At <https://me@example.com:80/x>, yes", "At example.com, yes"),
    "an address of mail": ("Write to john_doe@example.com.", "Write to john_doe@example.com."),
    "emoji": ("Great! 🎉👍🏽 Bye 👩‍👩‍👧 ❤️", "Great! Bye"),
    "a keycap": ("Press 1️⃣ now", "Press 1 now"),
    "a smiley": ("Fine :-) thanks <3", "Fine thanks"),
    "nothing but an emoji": ("👍", ""),
    "citations": ("Paris [1][2, 3] is big 【4:0†source】.", "Paris is big."),
    "citations of another kind": ("It is so.\ue200cite\ue202turn0search0\ue201", "It is so."),
    "a footnote": ("Maybe[^1].\n\n[^1]: A note.", "Maybe."),
    "a key in brackets": ("Press [1] for yes.", "Press 1 for yes."),
    "keys": ("Press * or #.", "Press * or #."),
    "a hashtag": ("#fun with C#, order #5", "fun with C#, order #5"),
    "thoughts": ("<think>He is angry. Be kind.</think>\n\nI am sorry.", "I am sorry."),
    "thoughts without end": ("Hello. <thinking>What now", "Hello."),
    "thoughts without beginning": ("He is angry.\n</think>\n\nI am sorry.", "I am sorry."),
    "thoughts in brackets": ("[THINK]hm[/THINK]Yes. ◁think▷hm◁/think▷No.", "Yes. No."),
    "thoughts in a channel": (
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.",
        "Yes.",
    ),
    "SSML": ('<speak>Hi <break time="1s"/>you <emphasis>there</emphasis></speak>', "Hi you there"),
    "escaped elements": ("&lt;b&gt;Salt &amp;amp; pepper&lt;/b&gt;", "Salt & pepper"),
    "a call of a tool": ('<tool_call>{"name": "x"}</tool_call>Done.', "Done."),
    "a script": ("Hi<script>alert('a. b')</script> there", "Hi there"),
    "a comment": ("Hi<!-- say more --> there", "Hi there"),
    "comparisons": ("3 < 5 and 7 > 6", "3 < 5 and 7 > 6"),
    "sums": ("2*3 is 6", "2 * 3 is 6"),
    "an arrow": ("Settings -> Phone → On", "Settings Phone On"),
    "a minus": ("-5 degrees", "-5 degrees"),
    "names of variables": ("the order_id is {id}", "the order id is id"),
    "backslashes": (r"\*not\* \(x\)", "not (x)"),
    "control characters": ("Hel\x00lo\x07 \u200bthere\ufeff\u202e", "Hel lo there"),
    "lone surrogates": ("a\ud800b", "ab"),
    "joiners of a script": ("می\u200cخواهم", "می\u200cخواهم"),
    "ornate letters": ("𝐇𝐞𝐥𝐥𝐨 ①", "Hello 1"),
    "many marks": ("What??!! No......", "What? No..."),
    "marks at the beginning": (", . so", "so"),
    "Chinese": ("好的。谢谢！", "好的。谢谢！"),
    "nothing": ("", ""),
    "nothing but marks": ("*** --- ...", ""),
}
WORDS: Final = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyzäéßждя好的", min_size=1, max_size=8), min_size=1, max_size=6
).map(" ".join)
WRAPPINGS: Final = (
    "{}", "**{}**", "*{}*", "__{}__", "_{}_", "`{}`", "~~{}~~", "# {}\n", "- {}\n", "1. {}\n",
    "> {}\n", "[{}](https://a.example/b)", "<b>{}</b>", "<speak>{}</speak>", "{} 😀", "{} [1]",
    "<think>why. not</think>{}", "| {} | b |\n", "{}【1†a】", "&lt;i&gt;{}", "\x00{}",
    "{}\n\n---\n",
)  # fmt: skip
MARKUP: Final = st.lists(
    st.sampled_from([
        *"*_`~#|<>[](){}\\-=+.,:;!? \n\t1ab😀", "```", "<think>", "</think>", "https://a.b/c",
        "&lt;", "&amp;", "【", "†", "】", "<b>", "</", "<!--", "[1]", "\ud800", "\u200d", "\ue200",
    ])
).map("".join)  # fmt: skip
NO_SPEECH: Final = re.compile(
    r"[`~|{}\[\]\\_【】\x00-\x1f\x7f-\x9f]|\*\*|##|</?[A-Za-z!]|https?://|[\U0001f300-\U0001faff]"
)
anything = st.one_of(MARKUP, st.text(), st.text(st.characters(max_codepoint=0x3FF)))


@pytest.mark.parametrize(("written", "spoken"), SPOKEN.values(), ids=SPOKEN)
def test_what_was_written_for_the_eye_is_spoken_plainly(written: str, spoken: str) -> None:
    assert speakable(written) == spoken


@settings(deadline=None, derandomize=True, max_examples=300)
@given(anything)
def test_whatever_is_written_becomes_plain_speech(text: str) -> None:
    outside_of_addresses = re.sub(r"\S*@\S*", "", speakable(text))

    assert NO_SPEECH.findall(outside_of_addresses) == []


@settings(deadline=None, derandomize=True, max_examples=300)
@given(anything)
def test_plain_speech_stays_as_it_is(text: str) -> None:
    spoken = speakable(text)

    assert speakable(spoken) == spoken


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.from_regex(speakable_text._PLAIN, fullmatch=True))  # noqa: SLF001
def test_what_is_not_looked_into_has_nothing_to_be_found(text: str) -> None:
    assert speakable_text._spoken(text) == text  # noqa: SLF001


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(st.tuples(WORDS, st.sampled_from(WRAPPINGS)), min_size=1, max_size=5))
def test_no_word_that_makes_sense_is_lost(parts: list[tuple[str, str]]) -> None:
    written = "\n\n".join(wrapping.format(words) for words, wrapping in parts)

    said = re.findall(r"\w+", speakable(written))

    wanted = [word for words, _ in parts for word in words.split()]
    remaining = iter(said)
    assert [word for word in wanted if word not in remaining] == []


@pytest.mark.parametrize(
    "unit",
    ["<", "[", "&amp;", "*", "- ", "_", "<think>", "```", "【1", "http://", "[a](", "| ", "a@"],
)
def test_no_text_takes_long(unit: str) -> None:
    assert len(speakable(unit * (20_000 // len(unit)))) <= 20_000
