import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.errors import SignatureError
from chalicelib.providers.base import WebhookRequest
from tests.contract.base import FIXTURES, Case, Situation
from tests.contract.cases import CASES, every_provider

VECTORS: Final[list[tuple[Case, Mapping[str, Any]]]] = [
    (case, vector)
    for case in CASES
    for vector in json.loads((FIXTURES / "webhook-signatures.json").read_text())["vectors"]
    if vector["provider"] == case.name
]
RECORDED: Final = [
    pytest.param(case, situation, id=f"{case.name}-{situation}")
    for case in CASES
    for situation in case.events
]
REASONS: Final = frozenset({"missing", "malformed", "stale", "mismatch"})

texts = st.text(st.characters(codec="utf-8"), max_size=20)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
forms = st.lists(st.tuples(names, texts), min_size=1, max_size=8)
cases = st.sampled_from(CASES)


def a_webhook(case: Case) -> WebhookRequest:
    return case.signed(case.address, case.encoded([("CallSid", "CA1"), ("Digits", "12")]))


def reason_for_refusing(case: Case, request: WebhookRequest) -> str:
    with pytest.raises(SignatureError) as refused:
        case.provider().verify(request)
    assert refused.value.reason in REASONS
    return refused.value.reason


def is_good(vector: Mapping[str, Any]) -> bool:
    # What a vendor has deprecated, it still accepts; we do not.
    return bool(vector["valid"] and not vector.get("deprecated"))


@pytest.mark.parametrize(
    ("case", "vector"), VECTORS, ids=[f"{case.name}-{vector['name']}" for case, vector in VECTORS]
)
def test_every_known_vector_comes_out_as_the_vendor_says(
    case: Case, vector: Mapping[str, Any]
) -> None:
    request = WebhookRequest(
        method=vector["method"],
        url=vector["url"],
        headers=vector["headers"],
        body=vector["body"].encode(),
        received_at=vector["now"],
    )
    provider = case.provider(case.credentials_of(vector))

    if is_good(vector):
        provider.verify(request)
    else:
        with pytest.raises(SignatureError):
            provider.verify(request)


@every_provider
def test_there_are_good_vectors_and_bad_ones(case: Case) -> None:
    verdicts = {is_good(vector) for owner, vector in VECTORS if owner is case}

    assert verdicts == {True, False}


@pytest.mark.parametrize(("case", "situation"), RECORDED)
def test_a_recorded_webhook_is_accepted(case: Case, situation: Situation) -> None:
    case.provider().verify(case.recorded(situation))


@every_provider
def test_every_way_of_signing_is_accepted(case: Case) -> None:
    for request in case.also_signed().values():
        case.provider().verify(request)


@every_provider
def test_what_nobody_signs_like_that_is_refused(case: Case) -> None:
    for request in case.never_signed().values():
        reason_for_refusing(case, request)


@settings(deadline=None, derandomize=True)
@given(case=cases, form=forms)
def test_any_form_that_the_vendor_signs_is_accepted(
    case: Case, form: list[tuple[str, str]]
) -> None:
    case.provider().verify(case.signed(case.address, case.encoded(form)))


@settings(deadline=None, derandomize=True)
@given(case=cases, form=forms, more=texts.filter(bool), which=st.integers(0, 7))
def test_a_changed_value_is_refused(
    case: Case, form: list[tuple[str, str]], more: str, which: int
) -> None:
    name, value = form[which % len(form)]
    changed = [(name, value + more) if pair == (name, value) else pair for pair in form]
    request = replace(case.signed(case.address, case.encoded(form)), body=case.encoded(changed))

    assert reason_for_refusing(case, request) == "mismatch"


@settings(deadline=None, derandomize=True)
@given(case=cases, form=forms, which=st.integers(0, 7))
def test_a_field_left_out_or_added_is_refused(
    case: Case, form: list[tuple[str, str]], which: int
) -> None:
    pair = form[which % len(form)]
    without = [other for other in form if other != pair]
    whole, rest = (case.signed(case.address, case.encoded(some)) for some in (form, without))

    assert reason_for_refusing(case, replace(whole, body=rest.body)) == "mismatch"
    assert reason_for_refusing(case, replace(rest, body=whole.body)) == "mismatch"


@settings(deadline=None, derandomize=True)
@given(case=cases, signed=forms, sent=forms)
def test_we_agree_with_the_vendor_about_any_two_forms(
    case: Case, signed: list[tuple[str, str]], sent: list[tuple[str, str]]
) -> None:
    request = replace(
        case.signed(case.address, case.encoded(signed)), body=case.encoded([*signed, *sent])
    )

    try:
        case.provider().verify(request)
    except SignatureError:
        assert not case.vendor_accepts(request)
    else:
        assert case.vendor_accepts(request)


@every_provider
@pytest.mark.parametrize(
    ("old", "new"),
    [("https://", "http://"), ("phone.", "phony."), ("/gather", "/status"), ("turn=1", "turn=2")],
)
def test_another_address_is_refused(case: Case, old: str, new: str) -> None:
    if not case.signs_address:
        pytest.skip("the scheme does not cover the address")

    moved = replace(a_webhook(case), url=case.address.replace(old, new))

    assert reason_for_refusing(case, moved) == "mismatch"


@every_provider
def test_another_accounts_key_is_refused(case: Case) -> None:
    with pytest.raises(SignatureError, match="mismatch"):
        case.provider(case.foreign_credentials).verify(a_webhook(case))


@every_provider
def test_without_a_key_nothing_is_accepted(case: Case) -> None:
    with pytest.raises(SignatureError, match="missing"):
        case.provider({}).verify(a_webhook(case))


@every_provider
def test_a_missing_or_empty_signature_is_refused(case: Case) -> None:
    request = a_webhook(case)
    kept = {k: v for k, v in request.headers.items() if k != case.signature_header}

    assert reason_for_refusing(case, replace(request, headers=kept)) == "missing"
    assert reason_for_refusing(case, case.with_signature(request, "")) == "missing"


@settings(deadline=None, derandomize=True)
@given(case=cases, signature=names)
def test_a_made_up_signature_is_refused(case: Case, signature: str) -> None:
    reason_for_refusing(case, case.with_signature(a_webhook(case), signature))


@every_provider
def test_a_damaged_signature_is_refused(case: Case) -> None:
    request = a_webhook(case)
    good = request.headers[case.signature_header]

    for bad in (good[:-1], good[:-4], good.swapcase(), f" {good}", f"{good}=", f"{good}\u00e9"):
        reason_for_refusing(case, case.with_signature(request, bad))


@every_provider
def test_the_name_of_the_header_may_be_written_in_any_case(case: Case) -> None:
    request = a_webhook(case)

    for change in (str.lower, str.upper):
        headers = {change(name): value for name, value in request.headers.items()}
        case.provider().verify(replace(request, headers=headers))


@every_provider
def test_repeated_and_empty_fields_count(case: Case) -> None:
    fields = [("Tag", "b"), ("Tag", "a"), ("Digits", ""), ("CallSid", "CA1")]
    request = case.signed(case.address, case.encoded(fields))

    case.provider().verify(request)
    for left_out in fields[1:3]:
        fewer = case.encoded([field for field in fields if field != left_out])
        assert reason_for_refusing(case, replace(request, body=fewer)) == "mismatch"


@every_provider
def test_an_old_or_a_future_webhook_is_refused(case: Case) -> None:
    if case.tolerance_secs is None:
        pytest.skip("the scheme signs no time")

    request = a_webhook(case)
    for seconds in (-case.tolerance_secs - 1, case.tolerance_secs + 1):
        shifted = replace(request, received_at=request.received_at + seconds)
        assert reason_for_refusing(case, shifted) == "stale"


@every_provider
def test_a_refusal_holds_no_secret(case: Case) -> None:
    request = case.with_signature(a_webhook(case), "c2VjcmV0")

    with pytest.raises(SignatureError) as refused:
        case.provider().verify(request)

    shown = f"{refused.value} {refused.value!r}"
    assert not [word for word in (*case.secrets, "c2VjcmV0", "CA1") if word in shown]
