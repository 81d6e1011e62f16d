"""What is deployed over a phone that is in use: nothing new, another version, the former one."""

import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from moltis.carriers.line import Says
from moltis.deployment import archive
from moltis.deployment.cloud import open_cloud
from moltis.deployment.deploying import Deployment
from moltis.deployment.locked import ROOT
from moltis.deployment.packaging import BUILD, Package
from tests.deployment import emulator
from tests.deployment.phone import STAGE, DeployedPhone, make, reseed

MB = 1_000_000
SOURCE = (
    *("chalicelib", "moltis", "infra", ".chalice", "app.py"),
    *("Makefile", "pyproject.toml", "requirements.txt"),
)


def packaged() -> Package:
    """What `make deploy` and `make diff` made last."""
    return Package(STAGE, BUILD / STAGE / "sam.json", BUILD / STAGE / "deployment.zip")


def a_new_version(folder: Path) -> Package:
    """The same package with other bytes in it."""
    made = Package(STAGE, folder / "sam.json", folder / "deployment.zip")
    made.template.write_bytes(packaged().template.read_bytes())
    made.archive.write_bytes(packaged().archive.read_bytes())
    with zipfile.ZipFile(made.archive, "a") as added:
        added.writestr("newer.txt", "another version")
    return made


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same source in another folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in sorted(SOURCE, reverse=True):
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            # With its time: a younger one would have `make` install all anew.
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def test_the_same_source_gives_the_same_bytes_and_nothing_to_deploy(
    new_phone: DeployedPhone, elsewhere: Path
) -> None:
    made = BUILD / STAGE, elsewhere / "build" / STAGE
    others = {"PYTHONPATH": str(elsewhere), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}

    before = os.umask(0o077)
    told = make("diff", new_phone.endpoint, folder=elsewhere, **others)
    os.umask(before)

    for name in ("deployment.zip", "sam.json"):
        first, second = ((folder / name).read_bytes() for folder in made)
        assert first == second, name
    assert told.endswith("nothing changes\n")


def test_but_for_numpy_the_zip_is_far_below_fifteen_megabytes(new_phone: DeployedPhone) -> None:
    assert new_phone.printed
    zipped = {one.name: one.zipped / MB for one in archive.shares(packaged().archive)}
    numpy = sum(size for name, size in zipped.items() if name.startswith("numpy"))
    page = (ROOT / "docs" / "deploying.md").read_text()

    assert sum(zipped.values()) - numpy < 10
    assert numpy < 14
    assert f"The zip has {sum(zipped.values()):.0f} MB, of which numpy takes {numpy:.0f}" in page


class MidCall:
    """Somebody talks and talks, whatever is done to the phone."""

    def __init__(self, phone: DeployedPhone) -> None:
        talk = [Says(f"And another thing, number {n}.") for n in range(1, 80)]
        self.phone = phone
        self.twilio = phone.stage("twilio")
        self.call_id = self.twilio.initiate("mid-call", "Do you have a minute?", far_end=talk)
        self.goes_on()

    def goes_on(self) -> None:
        """Wait for another turn."""
        seen = self.phone.status(self.call_id)
        assert seen["end_reason"] is None, seen
        lines = len(seen["transcript"])
        self.phone.until(self.call_id, lambda call: len(call["transcript"]) >= lines + 2)

    def hang_up(self) -> str:
        """Have the phone end it; gives why it ended."""
        self.phone.rpc.ask("voicecall.end", call_id=self.call_id)
        ended = self.phone.until(self.call_id, lambda call: bool(call["end_reason"]))
        return str(ended["end_reason"])


@pytest.fixture(scope="module")
def call(phone: DeployedPhone) -> Iterator[MidCall]:
    reseed(phone)
    running = MidCall(phone)
    yield running
    assert running.hang_up() == "hangup_bot"


def test_a_call_goes_on_when_every_process_dies(phone: DeployedPhone, call: MidCall) -> None:
    phone.wait_while_nobody_asks(call.twilio.far_end(phone.status(call.call_id)))
    assert emulator.kill_functions(phone.process) > 0
    phone.wake()

    call.goes_on()


def code_in_use(phone: DeployedPhone) -> str:
    name = f"moltis-phone-{STAGE}"
    found = phone.client("lambda").get_function_configuration(FunctionName=name, Qualifier="live")
    return str(found["CodeSha256"])


def test_it_goes_on_when_a_new_version_is_deployed_and_when_it_is_taken_back(
    phone: DeployedPhone, call: MidCall, tmp_path: Path
) -> None:
    former = code_in_use(phone)
    Deployment(open_cloud(), STAGE, print).deploy(a_new_version(tmp_path), {})
    newer = code_in_use(phone)
    call.goes_on()

    told = make("rollback", phone.endpoint)

    call.goes_on()
    assert newer != former
    assert code_in_use(phone) == former
    assert "back to what was deployed 20" in told
    assert "twilio: signed probes of its webhooks arrive, unsigned ones are refused" in told
