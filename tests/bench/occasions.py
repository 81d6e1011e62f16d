"""What happens to a phone in the benches: signed webhooks and invocations, as AWS brings them."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from chalicelib.accounts.account import InboundPolicy
from chalicelib.calls.call import Call, State
from chalicelib.calls.callbacks import Route, callback_url
from chalicelib.calls.transcript import Line, Slot, Speaker
from chalicelib.calls.verbs import Manner
from chalicelib.store.base import Scope
from chalicelib.store.items import account_key, call_item, line_item
from chalicelib.store.tables import AccountItem, Item, TokenItem
from chalicelib.tokens import token_of
from chalicelib.turns.aws_lambda import write_answer, write_question
from chalicelib.turns.base import Answer, Question
from tests.bench.instant_aws import Contents
from tests.builders import a_call, an_account

Json = dict[str, Any]

SID: Final = "AC0123456789abcdef0123456789abcdef"
AUTH_TOKEN: Final = "4f0c2a9d7b1e46c8a5d3f2e1b0c9d8e7"
CALL_SID: Final = "CA00112233445566778899aabbccddeeff"
TOKEN: Final = "moltis-bench-token-moltis-bench-token-00"
BEGUN: Final = datetime.now(UTC) - timedelta(minutes=1)
ENVIRONMENT: Final = {
    "MOLTIS_TABLE": "moltis-phone-bench",
    "MOLTIS_CALL_TIMER_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:bench-call-timer",
    "MOLTIS_SECRET_PREFIX": "moltis-phone/bench",
    "MOLTIS_TAKE_TURN_FUNCTION": "moltis-phone-bench-take_turn:live",
    "MOLTIS_AUDIO_BUCKET": "moltis-phone-bench-sounds",
}
"""What the stack tells its functions."""

ACCOUNT: Final = an_account(
    account_id="twilio", provider="twilio", inbound_policy=InboundPolicy.OPEN
)
CALL: Final[Call] = a_call(
    started_at=BEGUN,
    deadline=BEGUN + timedelta(minutes=5),
    answered_at=BEGUN,
    opened_at=BEGUN,
    state=State.LISTENING,
    provider_call_id=CALL_SID,
    agent=ACCOUNT.agent,
)
_SCHEDULED: Final = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-11-23T07:00:00Z",
    "region": "us-east-1",
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/sweep"],
    "detail": {},
}
_WORDS: Final = {
    "CallSid": CALL_SID,
    "AccountSid": SID,
    "From": CALL.from_number,
    "To": CALL.to_number,
    "ApiVersion": "2010-04-01",
    "Direction": "outbound-api",
}


def contents() -> Contents:
    """What this phone's AWS holds: an account, its credentials, and a call of one turn."""
    said = [
        (Slot.user(1), Line(speaker=Speaker.USER, text="A table for two.", at=BEGUN)),
        (Slot.bot(2), Line(speaker=Speaker.BOT, text="For when?", at=BEGUN, part=1)),
    ]
    settings = json.dumps(asdict(ACCOUNT))
    account = AccountItem(account_key("twilio"), "ACCOUNT", settings=settings, version=1)
    token = token_of(TOKEN, "bench", Scope.WRITE, at=BEGUN).kept
    kept = TokenItem(f"TOKEN#{token.digest}", "TOKEN", **asdict(token))
    items: list[Item] = [account, kept, call_item(CALL)]
    items += [line_item(CALL.call_id, slot, line) for slot, line in said]
    answer = Answer(Line(speaker=Speaker.BOT, text="Gladly.", at=BEGUN, part=1), Manner.of(CALL))
    return Contents(
        secrets={
            "moltis-phone/bench/twilio": json.dumps({"account_sid": SID, "auth_token": AUTH_TOKEN}),
            "moltis-phone/bench/phone/agent": json.dumps({"api_key": ""}),
        },
        items={f"{item.pk}/{item.sk}": item.serialize() for item in items},
        answer=write_answer(answer) or {},
    )


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook that Twilio signed."""

    route: Route
    url: str
    form: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        signature = RequestValidator(AUTH_TOKEN).compute_signature(self.url, self.form)
        return {
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "host": urlsplit(self.url).netloc,
            "user-agent": "TwilioProxy/1.1",
            "x-twilio-signature": signature,
        }

    @property
    def event(self) -> Json:
        """As API Gateway hands it to a function."""
        path, query = urlsplit(self.url).path, dict(parse_qsl(urlsplit(self.url).query))
        return {
            "resource": f"/api/channels/telephony/{{account}}/{self.route}",
            "path": path,
            "httpMethod": "POST",
            "headers": self.headers,
            "multiValueHeaders": {name: [value] for name, value in self.headers.items()},
            "queryStringParameters": query or None,
            "multiValueQueryStringParameters": {key: [value] for key, value in query.items()}
            or None,
            "pathParameters": {"account": "twilio"},
            "stageVariables": None,
            "requestContext": {
                "resourcePath": f"/api/channels/telephony/{{account}}/{self.route}",
                "httpMethod": "POST",
                "path": path,
                "stage": "api",
                "requestId": "00000000-0000-0000-0000-000000000001",
                "identity": {"sourceIp": "192.0.2.1"},
            },
            "body": urlencode(self.form),
            "isBase64Encoded": False,
        }


def webhooks(base: str = ACCOUNT.webhook_url) -> dict[str, Webhook]:
    """One of each kind."""
    call = CALL.call_id

    def of(route: Route, query: dict[str, str | int], **form: str) -> Webhook:
        return Webhook(route, callback_url(base, "twilio", route, **query), {**_WORDS, **form})

    return {
        "answer, outbound": of(Route.ANSWER, {"call": call}, CallStatus="in-progress"),
        "answer, inbound": of(Route.ANSWER, {}, CallStatus="ringing", CallSid="CA0f"),
        "gather, speech": of(
            Route.GATHER,
            {"call": call, "turn": 1, "quiet": 0},
            CallStatus="in-progress",
            SpeechResult="A table for two, please.",
            Confidence="0.92",
        ),
        "gather, silence": of(
            Route.GATHER, {"call": call, "turn": 1, "quiet": 0}, CallStatus="in-progress"
        ),
        "status, progress": of(Route.STATUS, {"call": call}, CallStatus="ringing"),
        "status, final": of(Route.STATUS, {"call": call}, CallStatus="completed"),
    }


def question() -> Json:
    """What the agent is asked just now: a late question has another answer."""
    now = datetime.now(UTC)
    asked = Question(account="twilio", call_id=CALL.call_id, turn=CALL.turn, at=now)
    return write_question(asked)


def invocations() -> dict[str, tuple[str, Json]]:
    """One for each function: its handler, and its event."""
    return {
        "API handler": ("app.app", webhooks()["answer, outbound"].event),
        "voice_call": (
            "chalicelib.functions.tool.voice_call",
            {"action": "get_status", "call_id": CALL.call_id},
        ),
        "take_turn": ("chalicelib.functions.turn.take_turn", question()),
        "fire_timer": (
            "chalicelib.functions.clock.fire_timer",
            {"call_id": CALL.call_id, "kind": "ring_timeout"},
        ),
        "sweep": ("chalicelib.functions.clock.sweep", _SCHEDULED),
    }
