"""TwiML, read without mercy: what Twilio would refuse or quietly ignore is an error here.

https://www.twilio.com/docs/voice/twiml
"""

from functools import partial
from typing import Final

from moltis.carriers.addresses import is_address
from moltis.carriers.xml_documents import (
    LANGUAGE,
    METHOD,
    TELEPHONE,
    YES_OR_NO,
    DocumentError,
    Language,
    Shape,
    Verb,
    are_hints,
    are_inputs,
    either,
    matching,
    one_of,
    wants_address,
    wants_number,
    wants_one_child,
    wants_words,
    whole,
)

SAY_LIMIT: Final = 4096
MOST_LOOPS: Final = 1000
LONGEST_WAIT_SECS: Final = 3600

SPEECH_MODELS: Final = frozenset(
    {
        "default", "numbers_and_commands", "phone_call", "experimental_conversations",
        "experimental_utterances", "googlev2_long", "googlev2_short", "googlev2_telephony",
        "googlev2_telephony_short", "deepgram_nova-2", "deepgram_nova-3",
    }
)  # fmt: skip

_LOOP: Final = whole(0, MOST_LOOPS)
_SECONDS: Final = whole(1, LONGEST_WAIT_SECS)


def read(document: bytes) -> tuple[Verb, ...]:
    """Give the verbs of *document*.

    Raises:
        DocumentError: Twilio would not, or not entirely, carry it out.

    """
    verbs = TWIML.read(document)
    if any(verb.name == "Reject" for verb in verbs[1:]):
        message = "<Reject> must be the first verb"
        raise DocumentError(message)
    return verbs


def _check_play(verb: Verb) -> None:
    if bool(verb.text) == ("digits" in verb.attributes):
        message = "<Play> wants either an address or digits"
        raise DocumentError(message)
    if verb.text:
        wants_address(verb)


def _check_gather(verb: Verb) -> None:
    if verb.get("speechTimeout") == "auto" and "speechModel" in verb.attributes:
        # https://www.twilio.com/docs/api/errors/13335
        message = "<Gather> does not take speechTimeout='auto' together with a speechModel"
        raise DocumentError(message)
    if any("digits" in child.attributes for child in verb.children):
        message = "<Play digits> may not stand in <Gather>"
        raise DocumentError(message)


VERBS: Final = frozenset({"Say", "Play", "Pause", "Gather", "Dial", "Redirect", "Reject", "Hangup"})

TWIML: Final = Language(
    carrier="Twilio",
    shapes={
        "Response": Shape(children=VERBS),
        "Say": Shape(
            attributes={
                "voice": matching(r"man|woman|alice|(Polly|Google)\.[A-Za-z0-9-]+"),
                "language": LANGUAGE,
                "loop": _LOOP,
            },
            text=True,
            together=partial(wants_words, most=SAY_LIMIT),
        ),
        "Play": Shape(
            attributes={"loop": _LOOP, "digits": matching(r"[0-9A-D*#wW]{1,}")},
            text=True,
            together=_check_play,
        ),
        "Pause": Shape(attributes={"length": _SECONDS}),
        "Gather": Shape(
            attributes={
                "input": are_inputs,
                "action": is_address,
                "method": METHOD,
                "timeout": _SECONDS,
                "speechTimeout": either(one_of("auto"), _SECONDS),
                "maxSpeechTime": whole(1, 60),
                "numDigits": whole(1, 1000),
                "finishOnKey": matching(r"[0-9*#]*"),
                "actionOnEmptyResult": YES_OR_NO,
                "language": LANGUAGE,
                "hints": are_hints,
                "speechModel": SPEECH_MODELS.__contains__,
                "profanityFilter": YES_OR_NO,
                "bargeIn": YES_OR_NO,
                "enhanced": YES_OR_NO,
            },
            children=frozenset({"Say", "Play", "Pause"}),
            together=_check_gather,
        ),
        # https://www.twilio.com/docs/voice/twiml/dial
        "Dial": Shape(
            attributes={
                "action": is_address,
                "method": METHOD,
                "timeout": whole(1, 600),
                "timeLimit": whole(1, 86400),
                "callerId": TELEPHONE,
            },
            children=frozenset({"Number"}),
            together=wants_one_child,
        ),
        "Number": Shape(text=True, together=wants_number),
        "Redirect": Shape(attributes={"method": METHOD}, text=True, together=wants_address),
        "Reject": Shape(attributes={"reason": one_of("rejected", "busy")}),
        "Hangup": Shape(),
    },
    unsimulated=frozenset(
        {"Connect", "Enqueue", "Leave", "Pay", "Prompt", "Queue", "Record", "Refer", "Sms",
         "Siprec", "Start", "Stop", "Stream"}
    ),
)  # fmt: skip
