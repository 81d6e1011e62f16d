import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import botocore
import certifi
import pytest

from chalicelib.errors import ConfigurationError
from moltis.deployment.dependencies import REPLACED
from moltis.deployment.locked import ROOT
from moltis.deployment.put_off import PUT_OFF, put_off

LATE = ("getpass", "subprocess", "urllib.request")
"""Others of a whole installation load `tempfile`, too."""
PROGRAM = """
import json, sys
import botocore.credentials, botocore.utils
early = [name for name in {late!r} if name in sys.modules]
cache = botocore.utils.JSONFileCache(sys.argv[1])
cache["token"] = {{"kept": "well"}}
process = botocore.credentials.ProcessProvider("default", lambda: {{"profiles": {{"default": {{
    "credential_process": sys.argv[2]}}}}}})
print(json.dumps({{
    "early": early,
    "kept": cache["token"],
    "proxies": botocore.utils.get_environ_proxies("https://dynamodb.eu-west-1.amazonaws.com"),
    "inside": botocore.utils.get_environ_proxies("http://169.254.170.2"),
    "access_key": process.load().access_key,
}}))
"""


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shipped")
    here = Path(botocore.__file__).parent
    shutil.copytree(here, folder / "botocore", ignore=shutil.ignore_patterns("__pycache__", "data"))
    put_off(folder)
    return folder


def test_botocore_does_later_what_it_did_before(shipped: Path, tmp_path: Path) -> None:
    told = tmp_path / "credentials.json"
    told.write_text('{"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "none"}')
    proxies = {"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "169.254.170.2"}
    usual = _asked(None, tmp_path, told, proxies)

    later = _asked(shipped, tmp_path, told, proxies)

    assert usual["early"] == list(LATE)
    assert later["early"] == []
    assert later["proxies"] == {"https": "http://proxy.example:3128", "no": "169.254.170.2"}
    assert {**later, "early": []} == {**usual, "early": []}


def test_where_no_proxy_is_named_there_is_none(shipped: Path, tmp_path: Path) -> None:
    told = tmp_path / "credentials.json"
    told.write_text('{"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "none"}')

    assert _asked(shipped, tmp_path, told, {})["proxies"] == {}


def test_another_version_that_has_other_lines_is_not_packaged(tmp_path: Path) -> None:
    (tmp_path / "botocore").mkdir()
    (tmp_path / "botocore" / "utils.py").write_text("import tempfile\n")

    with pytest.raises(ConfigurationError, match="does not have 'from pathlib import Path' once"):
        put_off(tmp_path)


def test_these_tests_are_of_the_version_that_is_shipped() -> None:
    locked = (ROOT / "infra" / "locked" / "python3.12.txt").read_text()

    assert f"botocore=={importlib.metadata.version('botocore')} " in locked
    assert set(PUT_OFF) == {"botocore/utils.py", "botocore/credentials.py"}


def test_the_certificates_are_found_without_looking_for_them() -> None:
    there = {"__file__": certifi.core.__file__}

    exec(REPLACED["certifi/core.py"], there)  # noqa: S102  # our own text

    assert there["where"]() == certifi.where()  # type: ignore[operator]
    assert there["contents"]() == certifi.contents()  # type: ignore[operator]


def _asked(
    folder: Path | None, tmp_path: Path, told: Path, extra: dict[str, str]
) -> dict[str, object]:
    clean = {
        name: value for name, value in os.environ.items() if not name.lower().endswith("proxy")
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(late=LATE), str(tmp_path / "cache"), f"cat {told}"],
        env={**clean, **extra, **({"PYTHONPATH": str(folder)} if folder else {})},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer
