"""The template of each stage, as Chalice and SAM make it; made once."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from moltis.deployment.packaging import CONFIG, describe
from tests.infra.transforming import transformed

Template = dict[str, Any]

STAGES = tuple(json.loads(CONFIG.read_text())["stages"])


described = cache(describe)


@pytest.fixture(scope="session", params=STAGES)
def sam(request: pytest.FixtureRequest) -> Template:
    return described(request.param)


@pytest.fixture(scope="session")
def dev() -> Template:
    return described("dev")


@pytest.fixture(scope="session")
def prod() -> Template:
    return described("prod")


@pytest.fixture(scope="session")
def cloudformation(sam: Template) -> Template:
    return transformed(sam)


@pytest.fixture
def written(sam: Template, tmp_path: Path) -> Path:
    path = tmp_path / "sam.json"
    path.write_text(json.dumps(sam))
    return path
