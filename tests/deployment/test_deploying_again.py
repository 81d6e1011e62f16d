"""What is deployed over a phone that is in use: nothing new, another version, the former one."""

import re
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

MEGABYTE = 1_000_000
NUMPY = {"numpy", "numpy.libs"}


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


def test_the_same_commit_gives_the_same_bytes_and_nothing_to_deploy(
    new_phone: DeployedPhone, tmp_path: Path
) -> None:
    first = [path.read_bytes() for path in (packaged().archive, packaged().template)]

    told = make(
        "diff", new_phone.endpoint, PYTHONHASHSEED="7", TMPDIR=str(tmp_path), TZ="Asia/Tokyo"
    )

    assert [path.read_bytes() for path in (packaged().archive, packaged().template)] == first
    assert told.endswith("nothing changes\n")


def test_the_zip_is_small_where_numpy_allows_and_it_is_said_what_takes_the_room() -> None:
    shares = {one.name: one.zipped / MEGABYTE for one in archive.shares(packaged().archive)}
    of_numpy = sum(size for name, size in shares.items() if name in NUMPY)
    everything = sum(shares.values())
    page = (ROOT / "docs" / "deploying.md").read_text()

    assert of_numpy < 15
    assert everything - of_numpy < 10
    said = re.search(r"It has (\d+) MB, of which (\d+) are\s+numpy \((\d+) of them", page)
    assert said is not None
    measured = (everything, of_numpy, shares["numpy.libs"])
    assert all(abs(int(a) - b) < 1.5 for a, b in zip(said.groups(), measured, strict=True))


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
