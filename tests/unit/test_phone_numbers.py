import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.calls.phone_numbers import caller, e164, mask_all, masked
from chalicelib.errors import BadPhoneNumberError, Fault

subscribers = st.from_regex(r"[2-9][0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+15559876543", "+15559876543"),
        (" +1 (555) 987-6543 ", "+15559876543"),
        ("+1.555.987.6543", "+15559876543"),
        ("+49 30 901820", "+4930901820"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("+39 06 69812345", "+390669812345"),
        ("+1555987654\u0663", "+15559876543"),
    ],
)
def test_a_number_in_international_form_is_brought_to_one_shape(text: str, number: str) -> None:
    assert e164(text) == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must be in international form, like +15559876543"),
        ("5559876543", "must be in international form, like +15559876543"),
        ("0015559876543", "must be in international form, like +15559876543"),
        ("911", "must be in international form, like +15559876543"),
        ("anonymous", "must be in international form, like +15559876543"),
        ("+", "is not a telephone number; write it like +15559876543"),
        ("+0123456789", "is not a telephone number; write it like +15559876543"),
        ("+1911", "is not a number that can be dialled; write it like +15559876543"),
        ("+1555", "is not a number that can be dialled; write it like +15559876543"),
        ("+155598765432109876", "is not a number that can be dialled; write it like +15559876543"),
        ("+15559876543 ext. 12", "is not a number that can be dialled; write it like +15559876543"),
    ],
)
def test_what_cannot_be_dialled_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadPhoneNumberError) as refused:
        e164(text)

    assert refused.value.faults == (Fault("to", reason),)


@pytest.mark.parametrize(
    "text", ["+49110", "+49112", "+49 1 12", "+43112", "+44999", "+33112", "+1911", "+49116117"]
)
def test_emergency_and_short_numbers_are_refused_behind_a_countrys_code_too(text: str) -> None:
    with pytest.raises(BadPhoneNumberError):
        e164(text)


def test_a_short_number_that_somebody_has_can_be_dialled() -> None:
    assert e164("+683 4002") == "+6834002"


def test_the_error_names_the_field_and_not_the_number() -> None:
    with pytest.raises(BadPhoneNumberError) as refused:
        e164("555 123 4567", field="allowlist")

    assert refused.value.faults[0].field == "allowlist"
    assert "123" not in str(refused.value)


def test_a_bad_number_is_a_value_error_too() -> None:
    with pytest.raises(ValueError, match="must be in international form"):
        e164("12")


@settings(deadline=None, derandomize=True)
@given(subscriber=subscribers)
def test_reading_a_number_twice_changes_nothing(subscriber: str) -> None:
    number = e164(f"+1{subscriber}")

    assert number == f"+1{subscriber}"
    assert e164(number) == number


@settings(deadline=None, derandomize=True)
@given(text=st.text(max_size=30))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        number = e164(text)
    except BadPhoneNumberError:
        return

    assert number[0] == "+"
    assert number[1:].isdecimal()
    assert number.isascii()


@pytest.mark.parametrize("text", ["+15559876543", "15559876543", " +15559876543 "])
def test_a_caller_is_known_with_and_without_the_plus(text: str) -> None:
    assert caller(text) == "+15559876543"


@pytest.mark.parametrize(
    "text", ["", "+", "anonymous", "Unknown", "restricted", "266696687", "sip:x@y", "client:me"]
)
def test_a_withheld_or_malformed_caller_has_no_number(text: str) -> None:
    assert caller(text) is None


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+15559876543", "…6543"), ("12345", "…2345"), ("1234", "…"), ("911", "…"), ("", "…")],
)
def test_a_masked_number_shows_its_last_four_digits_at_most(number: str, shown: str) -> None:
    assert masked(number) == shown


def test_every_number_in_a_text_is_masked_and_short_ones_stay() -> None:
    text = "from +15551234567 to 15559876543 in 3600 s, code 21211"

    assert mask_all(text) == "from …4567 to …6543 in 3600 s, code 21211"
