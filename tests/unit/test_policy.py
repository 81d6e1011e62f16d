from dataclasses import replace

import pytest

from chalicelib.accounts.account import InboundPolicy, OutboundLimits
from chalicelib.accounts.policy import admits, check_is_ready, check_may_call
from chalicelib.calls.phone_numbers import PhoneNumber
from chalicelib.errors import PolicyError
from tests.builders import an_account

FRIEND = "+15559876543"
STRANGER = "+15550001111"
LISTED = an_account(inbound_policy=InboundPolicy.ALLOWLIST, allowlist=(FRIEND,))
OPEN = an_account(inbound_policy=InboundPolicy.OPEN)


def refused(number: str, *, enabled: bool = True, **limits: tuple[str, ...]) -> PolicyError:
    account = an_account(enabled=enabled, outbound=OutboundLimits(**limits))  # type: ignore[arg-type]
    with pytest.raises(PolicyError) as refusal:
        check_may_call(account, PhoneNumber(number))
    return refusal.value


@pytest.mark.parametrize("number", [FRIEND, "15559876543", " +1 (555) 987-6543 "])
def test_a_listed_caller_is_admitted_however_the_carrier_writes_it(number: str) -> None:
    assert admits(LISTED, number)


@pytest.mark.parametrize(
    "number",
    ["", "anonymous", "unknown", STRANGER, "9876543", "+1555987654", "+155598765432", "987-6543"],
)
def test_whoever_is_not_listed_whole_is_not_admitted(number: str) -> None:
    assert not admits(LISTED, number)


@pytest.mark.parametrize("number", [STRANGER, "anonymous", ""])
def test_an_open_account_admits_everybody(number: str) -> None:
    assert admits(OPEN, number)


@pytest.mark.parametrize("number", [FRIEND, STRANGER, "anonymous"])
def test_inbound_calls_are_off_until_somebody_turns_them_on(number: str) -> None:
    assert not admits(an_account(allowlist=(FRIEND,)), number)


@pytest.mark.parametrize("account", [LISTED, OPEN])
def test_an_account_that_is_off_admits_nobody(account: object) -> None:
    off = replace(account, enabled=False)  # type: ignore[type-var]

    assert not admits(off, FRIEND)  # type: ignore[arg-type]


def test_an_empty_allowlist_admits_nobody() -> None:
    assert not admits(an_account(inbound_policy=InboundPolicy.ALLOWLIST), FRIEND)


def test_every_number_may_be_called_unless_something_forbids_it() -> None:
    check_may_call(an_account(), PhoneNumber(FRIEND))


def test_an_account_that_is_off_calls_nobody() -> None:
    error = refused(FRIEND, enabled=False)

    assert (error.rule, str(error)) == (
        "phone.enabled",
        "phone calls are off; set enabled = true under [phone]",
    )


def test_a_number_outside_of_the_allowed_prefixes_is_refused_and_not_shown() -> None:
    error = refused(FRIEND, allow=("+49",))

    assert (error.rule, str(error)) == (
        "phone.outbound.allow",
        "…6543 is outside of what may be called; add its prefix to allow under [phone.outbound]",
    )


def test_a_denied_prefix_is_refused_by_name() -> None:
    error = refused("+19005550100", deny=("+1900", "+1"))

    assert (error.rule, str(error)) == (
        "phone.outbound.deny",
        "calls to +1900… are denied; change deny under [phone.outbound] to allow them",
    )


@pytest.mark.parametrize(
    ("allow", "deny", "may"),
    [
        (("+1",), (), True),
        (("+1555",), ("+1",), True),
        (("+1",), ("+1555",), False),
        (("+1", "+1555987"), ("+1555",), True),
        (("+1555",), ("+1555",), False),
        (("+",), ("+49",), True),
        ((), (), False),
    ],
)
def test_the_longest_prefix_wins_and_a_tie_denies(
    allow: tuple[str, ...], deny: tuple[str, ...], *, may: bool
) -> None:
    account = an_account(outbound=OutboundLimits(allow=allow, deny=deny))

    if may:
        check_may_call(account, PhoneNumber(FRIEND))
    else:
        refused(FRIEND, allow=allow, deny=deny)


def test_an_account_with_a_number_and_an_address_is_ready() -> None:
    check_is_ready(an_account())


@pytest.mark.parametrize(
    ("lacks", "names"),
    [
        ({"from_number": ""}, "from_number"),
        ({"webhook_url": ""}, "webhook_url"),
        ({"from_number": "", "webhook_url": ""}, "from_number and webhook_url"),
    ],
)
def test_an_account_says_what_it_lacks(lacks: dict[str, str], names: str) -> None:
    pronoun = "them" if len(lacks) > 1 else "it"

    with pytest.raises(PolicyError) as refusal:
        check_is_ready(an_account(**lacks))

    assert (refusal.value.rule, str(refusal.value)) == (
        "phone.twilio",
        f"account 'twilio' has no {names}; set {pronoun} under [phone.twilio]",
    )
