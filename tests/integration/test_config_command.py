"""`moltis config` and `moltis token`: files in and out, tokens made and revoked."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from moltis.commands.root import run
from tests.phone import Json, Phone, a_phone

SAMPLE = Path(__file__).parents[1] / "fixtures" / "contract-sample.toml"
SECRET = "fedcba9876543210fedcba9876543210"


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    with a_phone() as running:
        monkeypatch.setenv("MOLTIS_GATEWAY_URL", running.gateway.url)
        monkeypatch.setenv("MOLTIS_TOKEN", running.gateway.token)
        yield running


@pytest.fixture
def moltis(phone: Phone, capsys: pytest.CaptureFixture[str]) -> "Moltis":
    return Moltis(phone, capsys)


class Moltis:
    def __init__(self, phone: Phone, capsys: pytest.CaptureFixture[str]) -> None:
        self.phone = phone
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        printed = self._capsys.readouterr()
        return code, printed.out, printed.err

    def json(self, *arguments: str) -> Json:
        code, printed, _ = self(*arguments, "--json")
        assert code == 0
        return dict(json.loads(printed))


def a_file(folder: Path, text: str) -> str:
    path = folder / "moltis.toml"
    path.write_text(text)
    return str(path)


def test_a_token_is_printed_once_and_opens_until_it_is_revoked(
    moltis: Moltis, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = moltis.json("token", "create", "--scope", "write", "--name", "the night shift")

    assert list(made) == ["token", "id", "scope", "name"]
    assert (made["scope"], made["name"]) == ("write", "the night shift")
    monkeypatch.setenv("MOLTIS_TOKEN", made["token"])
    code, listed, _ = moltis("token", "list")
    assert (code, "the night shift" in listed, made["token"] in listed) == (0, True, False)
    assert moltis("token", "revoke", made["id"])[0] == 0
    assert moltis("token", "list")[0] == 1


def test_for_a_script_a_token_stands_alone_on_its_line(moltis: Moltis) -> None:
    code, printed, noted = moltis("token", "create")

    assert (code, printed.startswith("mp_"), len(printed.split())) == (0, True, 1)
    assert "command line (read)" in noted


def test_a_token_that_is_not_there_cannot_be_revoked(moltis: Moltis) -> None:
    code, printed, error = moltis("token", "revoke", "nobody")

    assert (code, printed, "list of tokens" in error) == (2, "", True)


def test_the_published_sample_goes_in_and_comes_out_without_its_secrets(
    moltis: Moltis, tmp_path: Path
) -> None:
    text = SAMPLE.read_text().replace('auth_token = "…"', f'auth_token = "{SECRET}"')

    assert moltis("config", "import", a_file(tmp_path, text))[0] == 0
    code, exported, _ = moltis("config", "export")
    kept = tomllib.loads(exported)

    given = tomllib.loads(text)
    del given["phone"]["twilio"]["account_sid"], given["phone"]["twilio"]["auth_token"]
    given["phone"]["agent"].pop("api_key", None)
    assert (code, kept) == (0, given)
    assert SECRET not in exported
    assert moltis.json("config", "export") == given


def test_what_is_exported_can_be_imported_and_changes_nothing(
    moltis: Moltis, tmp_path: Path
) -> None:
    path = a_file(tmp_path, moltis("config", "export")[1])

    code, printed, _ = moltis("config", "import", path)

    assert (code, printed) == (0, f"nothing to do: the settings are as in {path}\n")


def test_a_file_with_faults_changes_nothing_and_is_wrong_usage(
    moltis: Moltis, tmp_path: Path
) -> None:
    before = moltis.json("config", "show")
    text = f'[phone]\nvolume = 11\nmax_duration_secs = 0\n[phone.twilio]\nauth_token = "{SECRET}"'

    code, printed, error = moltis("config", "import", a_file(tmp_path, text))

    assert (code, printed) == (2, "")
    assert "phone.volume: unknown key" in error
    assert "phone.max_duration_secs: must be" in error
    assert SECRET not in error
    assert moltis.json("config", "show") == before


@pytest.mark.parametrize("text", ["[phone", None])
def test_a_file_that_cannot_be_read_is_wrong_usage(
    moltis: Moltis, tmp_path: Path, text: str | None
) -> None:
    path = a_file(tmp_path, text) if text else str(tmp_path / "nowhere.toml")

    code, _, error = moltis("config", "import", path)

    assert (code, "cannot be read" in error) == (2, True)


def test_what_holds_is_shown_with_what_is_stored(moltis: Moltis, tmp_path: Path) -> None:
    text = f'[phone]\nlanguage = "de-DE"\n[phone.plivo]\nauth_token = "{SECRET}"\n'
    moltis("config", "import", a_file(tmp_path, text))

    code, printed, _ = moltis("config", "show")
    found = moltis.json("config", "show")

    assert code == 0
    assert 'phone.language = "de-DE"\n' in printed
    assert "phone.ring_timeout_secs = 30  (default)\n" in printed
    assert f"phone.plivo.auth_token: stored, …{SECRET[-4:]}, since " in printed
    assert SECRET not in printed + json.dumps(found)
    assert found["holding"]["phone.language"] == "de-DE"


def test_without_a_gateway_there_is_nothing_to_show(
    moltis: Moltis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLTIS_GATEWAY_URL", "http://127.0.0.1:9")

    assert moltis("config", "show")[0] == 3
    assert moltis("token", "list")[0] == 3
