import socket
import threading

import pytest
import requests

from chalicelib.internet import is_inside, is_safe, new_session

ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"
loopback = pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9001", "https://localhost", "http://[::1]:8080"]
)


@loopback
def test_on_a_machine_of_ones_own_loopback_is_no_inner_network(url: str) -> None:
    assert is_safe(url)
    assert not is_inside(url)


@loopback
def test_on_lambda_nobody_is_pointed_at_the_runtime(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ON_LAMBDA, "moltis-phone-prod")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    assert is_inside(url)
    assert not is_safe(url)


def test_an_emulated_lambda_may_ask_who_is_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ON_LAMBDA, "moltis-phone-dev")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    assert is_safe("http://127.0.0.1:9001")


@pytest.mark.parametrize(
    "host",
    ["[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]", "[2002:a9fe:a9fe::]", "[2001:0:1::1]"],
)
def test_no_number_of_the_fourth_version_hides_in_one_of_the_sixth(host: str) -> None:
    assert is_inside(f"https://{host}/latest")


@pytest.mark.parametrize("host", ["api.openai.com", "[2606:4700::1111]", "8.8.8.8"])
def test_the_world_is_outside(host: str) -> None:
    assert is_safe(f"https://{host}/v1")


@pytest.mark.parametrize(("on_lambda", "refused"), [(True, True), (False, False)])
def test_a_name_that_leads_inside_is_not_followed_on_lambda(
    monkeypatch: pytest.MonkeyPatch, *, on_lambda: bool, refused: bool
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if on_lambda:
        monkeypatch.setenv(ON_LAMBDA, "moltis-phone-prod")
    with socket.create_server(("127.0.0.1", 0)) as inner:
        url = f"https://localhost:{inner.getsockname()[1]}/v1"
        thread = threading.Thread(target=lambda: _hear(inner, heard), daemon=True)
        heard: list[bytes] = []
        thread.start()

        with pytest.raises(requests.ConnectionError) as caught:
            new_session().get(url, timeout=5)

        thread.join(5)
    assert ("inner network" in str(caught.value)) is refused
    assert (heard == [b""]) is refused


def _hear(server: socket.socket, heard: list[bytes]) -> None:
    """Keep the first that is said, and hang up."""
    connection, _ = server.accept()
    with connection:
        connection.settimeout(5)
        heard.append(connection.recv(1))
