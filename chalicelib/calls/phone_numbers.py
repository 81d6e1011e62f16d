"""E.164 numbers, and how to show one without showing it."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NewType

from chalicelib.errors import BadPhoneNumberError

if TYPE_CHECKING:
    import phonenumbers

PhoneNumber = NewType("PhoneNumber", str)

_SHOWN_DIGITS = 4
_LONG_DIGITS = re.compile(r"\+?\d{7,15}")


def e164(text: str, *, field: str = "to") -> PhoneNumber:
    """Read *text* as a telephone number in international form, `+` first.

    Spaces, dots, dashes and brackets are allowed. Emergency and short numbers have no
    international form and are refused here.

    Raises:
        BadPhoneNumberError: *text* is not such a number; the error names *field*.
    """
    import phonenumbers  # noqa: PLC0415  # most webhooks bring no number that is new

    if not text.strip().startswith("+"):
        reason = "must be in international form, like +15559876543"
        raise BadPhoneNumberError(reason, field=field)
    try:
        parsed = phonenumbers.parse(text)
    except phonenumbers.NumberParseException as error:
        reason = "is not a telephone number; write it like +15559876543"
        raise BadPhoneNumberError(reason, field=field) from error
    if parsed.extension or not phonenumbers.is_possible_number(parsed):
        reason = "is not a number that can be dialled; write it like +15559876543"
        raise BadPhoneNumberError(reason, field=field)
    if _is_short(parsed):
        reason = "is an emergency or short number; those are never called, and no setting allows it"
        raise BadPhoneNumberError(reason, field=field)
    return PhoneNumber(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _is_short(number: "phonenumbers.PhoneNumber") -> bool:
    """Whether *number* is an emergency, service or local number behind a country's code.

    `+49112` has a length that German numbers may have, and some networks would connect it.
    """
    import phonenumbers  # noqa: PLC0415  # as above

    length = phonenumbers.is_possible_number_with_reason(number)
    if length == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return True
    return (
        # By its length alone hardly any is, and that is quickly seen: a caller waits for it.
        phonenumbers.is_possible_short_number(number)
        and not phonenumbers.is_valid_number(number)
        and phonenumbers.is_valid_short_number(number)
    )


@lru_cache(maxsize=256)
def caller(text: str) -> PhoneNumber | None:
    """Read the number that a carrier gives for a caller; nothing for `anonymous` and the like.

    Carriers send words for withheld numbers (PROVIDERS §2.2), and some leave the `+` away. Our own
    number comes with each: what was read is remembered.
    """
    digits = text.strip()
    if not digits.startswith("+"):
        digits = f"+{digits}"
    try:
        return e164(digits)
    except BadPhoneNumberError:
        return None


def masked(number: str) -> str:
    """Show *number* in logs and pages: its last four digits only."""
    return f"…{number[-_SHOWN_DIGITS:]}" if len(number) > _SHOWN_DIGITS else "…"


def mask_all(text: str) -> str:
    """Show *text* with every telephone number in it masked."""
    return _LONG_DIGITS.sub(lambda match: masked(match.group()), text)
