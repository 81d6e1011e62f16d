"""No network, no AWS account: what every test can rely on."""

import gc
import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

import chalicelib.start  # noqa: F401  # what it does to the collector is taken back
from tests.watching import Watch, watching

# What is left open is to be noticed in the test that left it.
gc.set_threshold(700, 10, 10)

# Before anything of AWS is imported: no test may ever meet a real account.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_SESSION_TOKEN="testing",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
)
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA"):
    os.environ.pop(name, None)


from botocore.loaders import JSONFileLoader  # noqa: E402  # not before the account is a made-up one

_models: dict[str, Any] = {}
_read = JSONFileLoader.load_file


def _read_once(loader: JSONFileLoader, path: str) -> Any:  # whatever AWS wrote
    """Read a model of AWS once in a process: each of hundreds of gateways has its own session."""
    if path not in _models:
        _models[path] = _read(loader, path)
    return _models[path]


JSONFileLoader.load_file = _read_once


# How long an example takes is the machine's affair, and it has much to do.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """Leave what was imported to itself: only what tests make is looked through for leaks."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _watch() -> Iterator[Watch]:
    """Read what the whole suite logs."""
    with watching() as watch:
        yield watch


@pytest.fixture(autouse=True)
def _nothing_that_is_logged_tells_too_much(_watch: Watch) -> Iterator[None]:
    """Fail the test in which a full number or a secret was logged."""
    yield
    leaks, _watch.leaks = _watch.leaks, []
    assert leaks == []
