"""Watches what is logged while tests run: no full number and no secret may be in it."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest

from chalicelib.log import JsonFormatter
from chalicelib.overriding import override
from chalicelib.vault import Vault

# Numbers that tests use, however they are written: with a plus sign, without, or percent-encoded.
NUMBER: Final = re.compile(r"(?<![\w.-])(?:\+|%2B)?1555\d{7}(?![\w.-])")
TOKEN: Final = re.compile(r"\bmp_[\w-]{20,}")
SHORTEST: Final = 12
"""A secret with fewer characters may stand anywhere by chance."""
NO_SECRETS: Final = frozenset({"connection_id", "account_sid", "auth_id", "public_key"})
"""Credentials that say who we are, and open nothing."""


class Watch(logging.Filter):
    """Reads each record as it is printed; keeps those that tell too much."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[str] = set()
        self.leaks: list[str] = []
        self.lines = 0

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        line = JsonFormatter().format(record)
        self.lines += 1
        tells = NUMBER.search(line) or TOKEN.search(line)
        if tells or any(secret in line for secret in tuple(self.secrets)):
            self.leaks.append(line)
        return True

    def learn(self, credentials: Mapping[str, str]) -> None:
        """Know what is stored for a secret."""
        self.secrets |= {
            value
            for name, value in credentials.items()
            if name not in NO_SECRETS and len(value) >= SHORTEST
        }


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch while the context lasts; every credential that goes into a vault is a secret."""
    watch, logger, store = Watch(), logging.getLogger("moltis_phone"), Vault.store

    def learn_and_store(vault: Vault, account_id: str, credentials: Any) -> None:
        watch.learn(credentials)
        store(vault, account_id, credentials)

    logger.addFilter(watch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Vault, "store", learn_and_store)
        yield watch
    logger.removeFilter(watch)
