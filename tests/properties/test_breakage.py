from collections.abc import Iterator

import pytest

from tests.bottle.cloud import one_moto
from tests.bottle.scenes import SCENES, Scene
from tests.bottle.world import CARRIERS
from tests.docs.failure_modes import committed_rows, rows


@pytest.fixture(scope="module", autouse=True)
def moto() -> Iterator[None]:
    with one_moto():
        yield


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
@pytest.mark.parametrize("provider", CARRIERS)
def test_whatever_breaks_the_laws_hold_and_the_page_says_what_becomes_of_the_call(
    provider: str, scene: Scene
) -> None:
    found = rows(scene, provider)

    assert found
    assert found == committed_rows(scene, provider)
