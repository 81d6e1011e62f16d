"""`moltis.toml`: where it is, and what it says."""

import os
import tomllib
from pathlib import Path
from typing import Any, Final

from chalicelib.errors import ConfigurationError, InvalidParamsError
from chalicelib.phone_config import PhoneConfig, parse_config

NAME: Final = "moltis.toml"


def find_config(given: Path | None) -> Path | None:
    """Find the file: the one *given*, `$MOLTIS_CONFIG`, here, or in `~/.config/moltis`.

    Raises:
        ConfigurationError: the file that was named is not there.
    """
    named = given or (Path(variable) if (variable := os.environ.get("MOLTIS_CONFIG")) else None)
    if named is not None:
        if not named.is_file():
            message = f"there is no configuration file {named}"
            raise ConfigurationError(message)
        return named
    places = (Path(NAME), Path.home() / ".config" / "moltis" / NAME)
    return next((place for place in places if place.is_file()), None)


def read_config(path: Path) -> PhoneConfig:
    """Read the file at *path*.

    Raises:
        ConfigurationError: it is not TOML, or something in it cannot be; all faults are named.
    """
    try:
        return parse_config(read_tables(path))
    except InvalidParamsError as error:
        message = f"{path} has faults: {error}"
        raise ConfigurationError(message) from error


def read_tables(path: Path) -> dict[str, Any]:
    """Read the file at *path* as plain tables.

    Raises:
        ConfigurationError: it is not there, or not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{path} cannot be read: {error}"
        raise ConfigurationError(message) from error
