import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from chalicelib.errors import ConfigurationError
from moltis.deployment.locked import REQUIREMENTS, locked_file
from moltis.deployment.runtime import ARCHITECTURES, PYTHONS, Runtime, this_runtime

RUNTIMES = [Runtime(python, "x86_64") for python in PYTHONS]
every_python = pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime.name)


def pins(runtime: Runtime) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==(\S+)", locked_file(runtime).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


@every_python
def test_what_is_shipped_is_what_the_requirements_allow(runtime: Runtime) -> None:
    locked = pins(runtime)
    environment = {"python_version": runtime.python}
    requirements = [Requirement(line) for line in REQUIREMENTS.read_text().splitlines() if line]
    wanted = {
        canonicalize_name(one.name): one.specifier
        for one in requirements
        if one.name != "chalice" and (one.marker is None or one.marker.evaluate(environment))
    }

    wrong = {
        name: locked.get(name, "not there")
        for name, allowed in wanted.items()
        if name not in locked or locked[name] not in allowed
    }

    assert wrong == {}, "requirements.txt has changed: make lock"


@every_python
def test_every_package_is_locked_to_its_bytes(runtime: Runtime) -> None:
    text = locked_file(runtime).read_text()

    assert all(
        "--hash=sha256:" in part for part in re.split(r"\n(?=\S)", text) if not part.startswith("#")
    )


def test_chalice_is_a_tool_and_not_shipped() -> None:
    assert "chalice" not in pins(RUNTIMES[0])


def test_an_older_lambda_gets_no_wheel_that_it_cannot_load() -> None:
    old, new = Runtime("3.11", "x86_64").platforms, Runtime("3.13", "arm64").platforms

    assert "manylinux_2_28_x86_64" not in old
    assert "manylinux_2_17_x86_64" in old
    assert {"manylinux_2_34_aarch64", "manylinux2014_aarch64"} <= set(new)


def test_a_processor_that_lambda_does_not_have_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="x86_64 or arm64"):
        this_runtime("riscv64")

    assert {this_runtime(name).python for name in ARCHITECTURES} <= set(PYTHONS)
