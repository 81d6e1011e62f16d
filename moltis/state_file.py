"""How the command line finds the gateway that runs here, and the stage that was set up last."""

import json
import os
from pathlib import Path
from typing import Any

from chalicelib.errors import ConfigurationError


def state_file() -> Path:
    """Where the running gateway says where it is."""
    home = os.environ.get("MOLTIS_STATE_DIR")
    base = Path(home) if home else Path.home() / ".local" / "state" / "moltis"
    return base / "gateway.json"


def write_state(state: dict[str, Any]) -> None:
    """Keep *state*; it holds a token, so that only its owner may read it.

    Raises:
        ConfigurationError: the folder cannot be written to.
    """
    _write(state_file(), json.dumps(state))


def read_state() -> dict[str, Any] | None:
    """Read what the gateway wrote; nothing if none did."""
    try:
        state = json.loads(state_file().read_text())
    except (OSError, ValueError):
        # Not there, not ours, or half written: in any case it names no gateway.
        return None
    return state if isinstance(state, dict) else None


def note_stage(stage: str) -> None:
    """Remember that *stage* was set up last; if it is empty, that the gateway here was.

    Raises:
        ConfigurationError: the folder cannot be written to.
    """
    _write(_stage_file(), stage)


def noted_stage() -> str:
    """Give the stage that was set up last, if one was."""
    try:
        return _stage_file().read_text().strip()
    except OSError:
        # Nothing was set up from here.
        return ""


def _stage_file() -> Path:
    return state_file().with_name("stage")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        message = f"cannot write {path} ({error.strerror}); set MOLTIS_STATE_DIR to another folder"
        raise ConfigurationError(message) from error


def remove_state(url: str) -> None:
    """Forget the gateway at *url*, unless another one has taken its place."""
    state = read_state()
    if state is not None and state.get("url") == url:
        state_file().unlink(missing_ok=True)
