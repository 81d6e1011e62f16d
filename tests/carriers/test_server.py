import socket
import threading

import requests

from moltis.carriers.server import SimulatedCarriers
from tests.carriers.stage import Stage


def test_the_carrier_is_chosen_by_the_prefix(stage: Stage) -> None:
    assert stage.carriers.base_url("twilio") == f"{stage.carriers.url}/twilio"
    with requests.Session() as session:
        nothing = session.get(f"{stage.carriers.url}/acme/calls", timeout=5)
        twilio = session.get(f"{stage.carriers.url}/twilio/calls", timeout=5)

    assert (nothing.status_code, twilio.status_code) == (404, 401)
    assert "simulated" in nothing.headers["Server"]


def test_a_body_beyond_all_measure_is_refused(stage: Stage) -> None:
    answer = stage.ask("POST", "/", data="x" * 70_000)

    assert answer.status_code == 413


def test_nothing_is_left_behind_although_a_client_keeps_its_connection() -> None:
    before = set(threading.enumerate())
    with requests.Session() as session, SimulatedCarriers() as carriers:
        assert session.get(f"{carriers.url}/twilio/", timeout=5).status_code == 401
        port = int(carriers.url.rpartition(":")[2])

    assert set(threading.enumerate()) == before
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_carriers_that_never_started_can_be_stopped() -> None:
    before = set(threading.enumerate())

    SimulatedCarriers().stop()

    assert set(threading.enumerate()) == before


def test_the_port_can_be_chosen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with SimulatedCarriers(port=port, token="chosen") as carriers:
        assert (carriers.url, carriers.token) == (f"http://127.0.0.1:{port}", "chosen")
