"""Probes of a gateway that runs: they prove its doors, and do nothing else."""

import time
from collections.abc import Iterator

import pytest
import requests

from chalicelib import wiring
from chalicelib.calls.callbacks import Route, callback_url
from chalicelib.providers import registry
from chalicelib.provisioning.probes import Probe, probe_all
from chalicelib.provisioning.registry import open_console
from chalicelib.provisioning.seals import HEADER, Seal
from tests.phone import CALLER, Phone, a_phone

NONCE = "31627761595286130198"


@pytest.fixture(scope="module", params=list(registry.PROVIDERS))
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    with a_phone(request.param) as running:
        yield running


def seal_of(phone: Phone) -> Seal:
    credentials = phone.gateway.seeded[0].credentials
    seal = Seal.of(credentials, registry.PROVIDERS[phone.account].needs)
    assert seal is not None
    return seal


def probed(phone: Phone) -> list[Probe]:
    account = wiring.account(phone.account)
    console = open_console(phone.account, phone.gateway.seeded[0].credentials)
    return probe_all(account, console, seal_of(phone))


def sealed(phone: Phone, url: str, form: dict[str, str], at: float = 0) -> requests.Response:
    stamp = seal_of(phone).stamp(url, NONCE, int(at or time.time()))
    return requests.post(url, data=form, headers={HEADER: stamp}, timeout=20)


def test_every_door_opens_to_the_carrier_and_to_nobody_else(phone: Phone) -> None:
    probes = probed(phone)

    assert [(probe.route, probe.signed.finding, probe.unsigned.finding) for probe in probes] == [
        (route, "", "") for route in Route
    ]
    assert {(probe.signed.status, probe.unsigned.status) for probe in probes} == {(200, 403)}
    assert {probe.proves_signature for probe in probes} == {phone.account != "telnyx"}
    assert [probe.url for probe in probes] == [
        callback_url(phone.gateway.url, phone.account, route) for route in Route
    ]


def test_a_probe_stores_nothing_and_places_no_call(phone: Phone) -> None:
    before = phone.stored()

    probed(phone)

    assert phone.stored() == before
    assert phone.rpc.ask("voicecall.history")["calls"] == []


@pytest.mark.parametrize("route", list(Route))
def test_a_call_in_the_clothes_of_a_probe_is_none(phone: Phone, route: Route) -> None:
    form = {"CallSid": "CA1", "From": CALLER, "CallStatus": "ringing", "CallUUID": "1", "To": "1"}
    url, before = callback_url(phone.gateway.url, phone.account, route), phone.stored()

    answer = sealed(phone, url, form)

    assert answer.json()["probe"] == NONCE
    assert phone.stored() == before


def test_a_seal_for_another_door_or_of_another_time_is_forbidden(phone: Phone) -> None:
    url = callback_url(phone.gateway.url, phone.account, Route.ANSWER)
    stamp = seal_of(phone).stamp(url, NONCE, int(time.time()))
    elsewhere = url.replace("answer", "status")

    old = sealed(phone, url, {}, at=time.time() - 400)
    other = requests.post(elsewhere, data={}, headers={HEADER: stamp}, timeout=20)

    assert [(one.status_code, one.content) for one in (old, other)] == [(403, b"")] * 2


def test_a_webhook_that_is_well_signed_is_no_probe_without_a_seal(phone: Phone) -> None:
    if phone.account == "telnyx":
        return
    url = callback_url(phone.gateway.url, phone.account, Route.STATUS)

    broken = requests.post(
        url,
        data={"Probe": "1"},
        headers={**phone.sign(url, {"Probe": "1"}), HEADER: "x"},
        timeout=9,
    )
    plain = phone.post(url, {"Probe": "1"})

    assert (broken.status_code, broken.content) == (403, b"")
    assert (plain.status_code, "proof" in plain.text) == (200, False)
