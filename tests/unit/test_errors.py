import inspect
import re
from typing import Final

import pytest

from chalicelib import errors
from chalicelib.errors import (
    BadPhoneNumberError,
    CallOverError,
    ConfigurationError,
    Fault,
    GatewayError,
    InvalidParamsError,
    ProviderRejectedError,
    SignatureError,
    UnknownAccountError,
    UnknownCallError,
    UnsupportedFeatureError,
)

ERRORS: Final = [
    thing
    for _, thing in inspect.getmembers(errors, inspect.isclass)
    if issubclass(thing, Exception)
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_is_called_one(error: type[Exception]) -> None:
    assert error.__name__.endswith("Error")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_has_a_public_code_but_a_broken_deployment(error: type[Exception]) -> None:
    if error is ConfigurationError:
        assert not issubclass(error, GatewayError)
    else:
        assert issubclass(error, GatewayError)
        assert re.fullmatch(r"[a-z_]+", error.code)


def test_the_tree_on_top_of_the_module_is_the_tree() -> None:
    drawn = set(re.findall(r"^\W*([A-Z]\w+Error)\b", errors.__doc__ or "", re.MULTILINE))

    assert drawn == {error.__name__ for error in ERRORS}


def test_all_faults_stand_in_one_message() -> None:
    error = InvalidParamsError(Fault("to", "is missing"), Fault("", "is empty"))

    assert str(error) == "to: is missing; is empty"
    assert error.faults == (Fault("to", "is missing"), Fault("", "is empty"))


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (
            UnknownCallError("c-1"),
            "there is no call 'c-1'; the history lists those there are",
            "unknown_call",
        ),
        (UnknownAccountError("x"), "there is no account 'x'", "unknown_account"),
        (CallOverError("c-1"), "call 'c-1' is already over", "call_over"),
        (SignatureError("stale"), "webhook signature refused: stale", "bad_signature"),
        (BadPhoneNumberError("is not one"), "to: is not one", "invalid_params"),
        (UnsupportedFeatureError("plivo", "reject"), "plivo cannot do 'reject'", "unsupported"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_is_one_sentence_and_has_a_code(
    error: GatewayError, message: str, code: str
) -> None:
    assert (str(error), error.code) == (message, code)


def test_what_a_carrier_said_is_kept_beside_the_sentence() -> None:
    error = ProviderRejectedError("no", provider="twilio", carrier_code="21211", status_code=400)

    assert (str(error), error.code) == ("no", "carrier_failed")
    assert (error.provider, error.carrier_code, error.status_code) == ("twilio", "21211", 400)
