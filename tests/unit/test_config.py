import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.accounts.account import Account, InboundPolicy, OutboundLimits, Phone
from chalicelib.calls.terms import (
    AgentKind,
    AgentSettings,
    OwnTerms,
    SpeechKind,
    SpeechSettings,
)
from chalicelib.errors import InvalidParamsError
from chalicelib.phone_config import MOST_NUMBERS, PhoneConfig, parse_config

SAMPLE: Final = Path(__file__).parents[1] / "fixtures" / "contract-sample.toml"
EVERYTHING: Final = """
[phone]
enabled = false
provider = "plivo"
inbound_policy = "open"
allowlist = ["+1 (555) 987-6543"]
max_duration_secs = 60
notify_hangup_delay_secs = 0
ring_timeout_secs = 5
inbound_greeting = "Yes?"
language = "de-DE"
voice = "Polly.Vicki"
[phone.plivo]
auth_id = "MA1"
auth_token = "secret"
from_number = "+1 555 123 4567"
webhook_url = "http://localhost:18789/"
api_base_url = "http://127.0.0.1:9/"
[phone.agent]
kind = "openai"
base_url = "https://models.example.com/v1"
model = "small"
api_key = "sk-1"
system_prompt = "Be kind."
function_name = "f"
reply_budget_secs = 2.5
timeout_secs = 30
fillers = ["**One** moment.", "Let me see."]
[phone.tts]
provider = "polly"
voice = "Amy"
[phone.outbound]
allow = ["+1", "+49"]
deny = ["+1900"]
max_concurrent_calls = 2
max_calls_per_day = 9
"""
THE_ACCOUNT_OF_EVERYTHING: Final = Account(
    account_id="plivo",
    provider="plivo",
    enabled=False,
    from_number="+15551234567",
    webhook_url="http://localhost:18789",
    api_base_url="http://127.0.0.1:9",
    inbound_policy=InboundPolicy.OPEN,
    allowlist=("+15559876543",),
    max_duration_secs=60,
    notify_hangup_delay_secs=0,
    ring_timeout_secs=5,
    inbound_greeting="Yes?",
    language="de-DE",
    voice="Polly.Vicki",
    agent=AgentSettings(
        kind=AgentKind.OPENAI,
        base_url="https://models.example.com/v1",
        model="small",
        system_prompt="Be kind.",
        function_name="f",
        reply_budget_secs=2.5,
        timeout_secs=30,
        fillers=("One moment.", "Let me see."),
    ),
    tts=SpeechSettings(provider=SpeechKind.POLLY, voice="Amy"),
    outbound=OutboundLimits(
        allow=("+1", "+49"),
        deny=("+1900",),
        max_concurrent_calls=2,
        max_calls_per_day=9,
    ),
)
NUMBER_FORM: Final = "must be in international form, like +15559876543"


def config(text: str) -> PhoneConfig:
    return parse_config(tomllib.loads(text))


def faults(document: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidParamsError) as refused:
        parse_config(document)
    assert str(refused.value) == "; ".join(str(fault) for fault in refused.value.faults)
    return [str(fault) for fault in refused.value.faults]


def fault(section: str, **values: Any) -> str:
    table: dict[str, Any] = {"phone": {section: values} if section else values}
    (only,) = faults(table)
    return only


def the_sample_account(name: str) -> Account:
    return Account(
        account_id=name,
        provider=name,
        from_number="+15551234567",
        webhook_url="https://your-domain.com",
        inbound_policy=InboundPolicy.ALLOWLIST,
        allowlist=("+15559876543",),
        agent=AgentSettings(reply_budget_secs=6, timeout_secs=60),
    )


def test_the_published_sample_is_read_whole() -> None:
    parsed = config(SAMPLE.read_text())

    assert parsed == PhoneConfig(
        phone=Phone(active="twilio", account_ids=("twilio", "telnyx", "plivo")),
        accounts=tuple(the_sample_account(name) for name in ("twilio", "telnyx", "plivo")),
        credentials={
            "twilio": {"account_sid": "AC…", "auth_token": "…"},
            "telnyx": {},
            "plivo": {},
        },
    )


def test_an_empty_file_is_an_account_with_nothing_in_it() -> None:
    expected = PhoneConfig(
        phone=Phone(active="twilio", account_ids=("twilio",)),
        accounts=(Account(account_id="twilio", provider="twilio"),),
        credentials={"twilio": {}},
    )

    assert config("") == config("[phone]") == expected
    assert expected.accounts[0].missing == ("from_number", "webhook_url")


def test_every_setting_arrives_where_it_belongs() -> None:
    parsed = config(EVERYTHING)

    assert parsed == PhoneConfig(
        phone=Phone(active="plivo", account_ids=("plivo",)),
        accounts=(THE_ACCOUNT_OF_EVERYTHING,),
        credentials={"plivo": {"auth_id": "MA1", "auth_token": "secret"}},
        secrets={"agent": {"api_key": "sk-1"}},
    )


def test_credentials_do_not_stand_in_an_account() -> None:
    parsed = config('[phone.twilio]\nauth_token = "shh"\n[phone.agent]\napi_key = "sk-1"')

    assert "shh" not in repr(parsed.accounts)
    assert "sk-1" not in repr(parsed.accounts)


def test_all_faults_are_named_in_one_message() -> None:
    document = {
        "phnoe": {},
        "phone": {
            "enabled": "yes",
            "colour": "red",
            "max_duration_secs": 0,
            "allowlist": ["+15559876543", "911", 7, ""],
            "twilio": {"from_number": "5551234567", "api_key": "x"},
            "telnyx": "soon",
            "agent": {"kind": "parrot"},
        },
    }

    carrier_keys = (
        "account_sid, api_base_url, auth_token, fallback, from_number, language, tts, voice, "
        "webhook_url"
    )
    phone_keys = (
        "accounts, agent, allowlist, enabled, inbound_greeting, inbound_policy, language, "
        "max_duration_secs, notify_hangup_delay_secs, numbers, outbound, plivo, "
        "provider, ring_timeout_secs, telnyx, tts, twilio, voice"
    )
    assert faults(document) == [
        "phnoe: unknown table; only [phone] is known",
        "phone.enabled: must be true or false",
        f"phone.colour: unknown key; known here: {phone_keys}",
        "phone.max_duration_secs: must be a whole number from 1 to 86400",
        "phone.allowlist: not in international form, like +15559876543: '911', 7, ''",
        f"phone.twilio.from_number: {NUMBER_FORM}",
        f"phone.twilio.api_key: unknown key; known here: {carrier_keys}",
        "phone.telnyx: must be a table",
        "phone.agent.kind: must be one of offline, openai, bedrock, lambda",
    ]


def test_phone_must_be_a_table() -> None:
    assert faults({"phone": 1}) == ["phone: must be a table"]


@pytest.mark.parametrize("key", ["enabled"])
@pytest.mark.parametrize("value", [0, 1, "true", None, []])
def test_a_switch_is_true_or_false(key: str, value: object) -> None:
    assert fault("", **{key: value}) == f"phone.{key}: must be true or false"


@pytest.mark.parametrize(
    ("section", "key", "low", "high"),
    [
        ("", "max_duration_secs", 1, 86400),
        ("", "notify_hangup_delay_secs", 0, 60),
        ("", "ring_timeout_secs", 5, 600),
        ("outbound", "max_concurrent_calls", 1, 100_000),
        ("outbound", "max_calls_per_day", 1, 10_000_000),
    ],
)
def test_a_whole_number_stays_within_its_bounds(
    section: str, key: str, low: int, high: int
) -> None:
    where = f"phone.{section}.{key}" if section else f"phone.{key}"

    for bad in (low - 1, high + 1, float(low), True, str(low), None):
        expected = f"{where}: must be a whole number from {low} to {high}"
        assert fault(section, **{key: bad}) == expected
    for good in (low, high):
        parse_config({"phone": {section: {key: good}} if section else {key: good}})


@pytest.mark.parametrize(
    ("key", "low", "high"), [("reply_budget_secs", 0.1, 10), ("timeout_secs", 1, 600)]
)
def test_seconds_may_be_broken_and_stay_within_their_bounds(
    key: str, low: float, high: float
) -> None:
    for bad in (low - 0.05, high + 0.05, True, "5", float("nan"), float("inf")):
        expected = f"phone.agent.{key}: must be a number of seconds from {low:g} to {high:g}"
        assert fault("agent", **{key: bad}) == expected
    for good in (low, high, 5.5):
        parse_config({"phone": {"agent": {key: good}}})


@pytest.mark.parametrize(
    ("section", "key", "allowed"),
    [
        ("", "provider", "twilio, telnyx, plivo"),
        ("", "inbound_policy", "disabled, allowlist, open"),
        ("agent", "kind", "offline, openai, bedrock, lambda"),
        ("tts", "provider", "carrier, polly, openai, espeak"),
    ],
)
@pytest.mark.parametrize("value", ["", "Twilio", 1, [], None])
def test_a_choice_is_one_of_its_words(section: str, key: str, allowed: str, value: object) -> None:
    where = f"phone.{section}.{key}" if section else f"phone.{key}"

    assert fault(section, **{key: value}) == f"{where}: must be one of {allowed}"


@pytest.mark.parametrize("key", ["inbound_greeting", "language"])
def test_words_that_are_needed_are_not_empty(key: str) -> None:
    assert fault("", **{key: " "}) == f"phone.{key}: must not be empty"
    assert fault("", **{key: 1}) == f"phone.{key}: must be text"


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("", "voice"),
        ("twilio", "auth_token"),
        ("telnyx", "public_key"),
        ("plivo", "auth_id"),
        ("agent", "model"),
        ("agent", "system_prompt"),
        ("tts", "voice"),
    ],
)
def test_text_is_text(section: str, key: str) -> None:
    where = f"phone.{section}.{key}" if section else f"phone.{key}"

    assert fault(section, **{key: 7}) == f"{where}: must be text"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (15551234567, 'must be text, like "+15551234567"'),
        ("15551234567", NUMBER_FORM),
        ("+1555", "is not a number that can be dialled; write it like +15559876543"),
    ],
)
def test_the_number_to_call_from_is_a_number(value: object, reason: str) -> None:
    assert fault("twilio", from_number=value) == f"phone.twilio.from_number: {reason}"


def test_the_number_to_call_from_may_be_left_open() -> None:
    (account,) = config('[phone.twilio]\nfrom_number = ""').accounts

    assert account.missing == ("from_number", "webhook_url")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (7, 'must be text, like "https://your-domain.com"'),
        ("your-domain.com", "must begin with https:// (http:// on loopback only)"),
        ("http://your-domain.com", "must begin with https:// (http:// on loopback only)"),
        ("http://localhost.evil.example", "must begin with https:// (http:// on loopback only)"),
        ("ftp://your-domain.com", "must begin with https:// (http:// on loopback only)"),
        ("https://", "must begin with https:// (http:// on loopback only)"),
        ("https://10.0.0.1", "must not be a machine of an inner network"),
        ("https://169.254.169.254/latest", "must not be a machine of an inner network"),
        ("https://[fd00::1]", "must not be a machine of an inner network"),
        ("https://[::ffff:192.168.0.1]", "must not be a machine of an inner network"),
        ("https://[64:ff9b::a9fe:a9fe]", "must not be a machine of an inner network"),
        ("https://[2002:a9fe:a9fe::]", "must not be a machine of an inner network"),
        ("https://0x0a000001", "must not be a machine of an inner network"),
        ("https://2130706433", "must not be a machine of an inner network"),
        ("https://127.1", "must not be a machine of an inner network"),
        ("https://user@your-domain.com", "must be an address without user, ? and #"),
        ("https://your-domain.com?a=1", "must be an address without user, ? and #"),
        ("https://your-domain.com#a", "must be an address without user, ? and #"),
        ("https://your-domain.com:port", "is not an address"),
        ("https://[1", "is not an address"),
    ],
)
def test_an_address_is_https_or_on_loopback(value: object, reason: str) -> None:
    for key in ("webhook_url", "api_base_url"):
        assert fault("twilio", **{key: value}) == f"phone.twilio.{key}: {reason}"


@pytest.mark.parametrize(
    "url",
    ["", "https://x.example/prod", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost"],
)
def test_a_good_address_is_taken(url: str) -> None:
    (account,) = config(f'[phone.twilio]\nwebhook_url = "{url}"').accounts

    assert account.webhook_url == url


@pytest.mark.parametrize("key", ["allow", "deny"])
def test_prefixes_are_plus_and_digits(key: str) -> None:
    where = f"phone.outbound.{key}"

    assert fault("outbound", **{key: "+1"}) == f"{where}: must be a list of prefixes"
    assert fault("outbound", **{key: ["+1", "1", "+x", "", 1]}) == (
        f"""{where}: a prefix is + and digits, like "+1" or "+": '1', '+x', '', 1"""
    )


def test_an_allowlist_is_a_list() -> None:
    assert fault("", allowlist="+15559876543") == "phone.allowlist: must be a list of numbers"


@pytest.mark.parametrize(
    ("agent", "missing"),
    [
        ({"kind": "openai"}, ["phone.agent.model: is missing: openai needs it"]),
        ({"kind": "bedrock", "model": ""}, ["phone.agent.model: is missing: bedrock needs it"]),
        ({"kind": "lambda"}, ["phone.agent.function_name: is missing: lambda needs it"]),
        (
            {"kind": "openai", "base_url": "http://models.example.com/v1"},
            [
                "phone.agent.base_url: must begin with https:// (http:// on loopback only)",
                "phone.agent.model: is missing: openai needs it",
            ],
        ),
    ],
)
def test_an_agent_without_what_its_kind_needs_is_refused(
    agent: dict[str, str], missing: list[str]
) -> None:
    assert faults({"phone": {"agent": agent}}) == missing


def test_an_agent_with_what_its_kind_needs_is_good() -> None:
    assert config('[phone.agent]\nkind = "openai"\nmodel = "small"').accounts[0].agent == (
        AgentSettings(kind=AgentKind.OPENAI, model="small")
    )


LINES: Final = """
[phone]
language = "en-GB"
voice = "Polly.Amy"
[phone.tts]
provider = "polly"
voice = "Amy"
[phone.plivo]
[phone.telnyx]
voice = ""
[phone.accounts.berlin]
provider = "plivo"
language = "de-DE"
tts = { provider = "openai", voice = "nova" }
[phone.numbers."+15550001111"]
inbound_greeting = "# **Krume**, guten Tag."
language = "de-DE"
[phone.numbers."+15550001111".agent]
kind = "openai"
model = "baker"
system_prompt = "You bake bread."
[phone.numbers."+15550002222".tts]
provider = "carrier"
"""


def line_accounts() -> dict[str, Account]:
    return {one.account_id: one for one in config(LINES).accounts}


def test_an_account_has_a_language_a_voice_and_a_speaker_of_its_own_or_those_of_the_phone() -> None:
    found = line_accounts()

    polly = SpeechSettings(provider=SpeechKind.POLLY, voice="Amy")
    assert (found["plivo"].language, found["plivo"].voice) == ("en-GB", "Polly.Amy")
    assert found["plivo"].tts == polly
    assert (found["telnyx"].language, found["telnyx"].voice) == ("en-GB", "")
    assert (found["berlin"].language, found["berlin"].voice) == ("de-DE", "")
    assert found["berlin"].tts == SpeechSettings(provider=SpeechKind.OPENAI, voice="nova")


def test_a_number_goes_before_its_account_and_has_all_else_from_it() -> None:
    plivo = line_accounts()["plivo"]
    own, other = plivo.terms_on("+15550001111"), plivo.terms_on("+15559999999")

    assert (own.greeting, own.language, own.voice) == ("Krume, guten Tag.", "de-DE", "")
    assert own.speech == SpeechSettings(provider=SpeechKind.POLLY)
    assert own.agent == AgentSettings(
        kind=AgentKind.OPENAI, model="baker", system_prompt="You bake bread."
    )
    assert other == plivo.terms
    assert plivo.numbers["+15550002222"] == OwnTerms(speech={"provider": SpeechKind.CARRIER})


def test_a_table_of_numbers_is_judged_like_all_others_and_all_faults_come_at_once() -> None:
    numbers: dict[str, Any] = {
        "+15550001111": {"inbound_greeting": "***", "agent": {"api_key": "x", "kind": "parrot"}},
        "+15550002222": {"volume": 11, "tts": {"base_url": "https://tts.example.com"}},
        "+15550003333": 7,
    }
    own = "agent, inbound_greeting, language, tts, voice"
    agent = "fillers, function_name, kind, model, system_prompt, timeout_secs, transfer_to"

    assert faults({"phone": {"numbers": numbers}}) == [
        "phone.numbers.+15550001111.inbound_greeting: must have something in it that can be spoken",
        f"phone.numbers.+15550001111.agent.api_key: unknown key; known here: {agent}",
        "phone.numbers.+15550001111.agent.kind: must be one of offline, openai, bedrock, lambda",
        f"phone.numbers.+15550002222.volume: unknown key; known here: {own}",
        "phone.numbers.+15550002222.tts.base_url: unknown key; known here: model, provider, voice",
        "phone.numbers.+15550003333: must be a table",
    ]


def test_a_number_that_has_settings_is_written_in_one_way_and_its_agent_is_whole() -> None:
    numbers: dict[str, Any] = {
        "5550001111": {},
        "+1 (555) 000-2222": {},
        "+15550003333": {"agent": {"kind": "lambda"}},
    }

    assert faults({"phone": {"numbers": numbers}}) == [
        f"phone.numbers.5550001111: {NUMBER_FORM}",
        "phone.numbers.+1 (555) 000-2222: must be written +15550002222",
        "phone.numbers.+15550003333.agent.function_name: is missing: lambda needs it",
    ]


def test_there_is_a_limit_to_what_all_numbers_say() -> None:
    many: dict[str, Any] = {f"+1555{place:07}": {} for place in range(MOST_NUMBERS + 1)}
    prompts = {"+15550001111": {"agent": {"system_prompt": "Be kind. " * 30_000}}}

    assert faults({"phone": {"numbers": many}}) == [
        f"phone.numbers: there can be at most {MOST_NUMBERS} numbers"
    ]
    assert faults({"phone": {"numbers": prompts}}) == [
        "phone.numbers: is too much altogether; shorten the prompts"
    ]


def test_an_account_s_own_voice_is_one_that_its_carrier_knows() -> None:
    accounts = {"reserve": {"provider": "plivo", "voice": "AWS.Polly.Amy"}}
    document: dict[str, Any] = {"twilio": {"voice": "female"}, "telnyx": {"voice": "female"}}

    assert faults({"phone": {**document, "accounts": accounts}}) == [
        "phone.twilio.voice: is no voice of twilio",
        "phone.accounts.reserve.voice: is no voice of plivo",
    ]


def test_a_greeting_is_made_plain_speech() -> None:
    (account,) = config('[phone]\ninbound_greeting = "<speak>**Hello** 👋</speak>"').accounts

    assert account.inbound_greeting == "Hello"
    assert fault("", inbound_greeting="x" * 3001) == (
        "phone.inbound_greeting: must be at most 3000 characters"
    )
