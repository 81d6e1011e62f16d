import pytest

from chalicelib.errors import ConfigurationError
from chalicelib.phone_config import parse_config
from chalicelib.providers import registry
from chalicelib.providers.base import Feature
from chalicelib.provisioning.registry import CONSOLES
from moltis.carriers.server import SimulatedCarriers
from tests.contract.base import FIXTURES, Case, Situation
from tests.contract.cases import CASES, every_provider
from tests.docs.pages import DOCS, sections
from tests.docs.test_pages import PROVIDER_HEADINGS


def test_every_registered_provider_has_a_case() -> None:
    assert [case.name for case in CASES] == list(registry.PROVIDERS)


def test_a_carrier_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="there is no carrier 'pigeon'; known: twilio"):
        registry.build("pigeon", {})


def test_every_registered_provider_can_be_configured() -> None:
    config = parse_config({"phone": {name: {} for name in registry.PROVIDERS}})

    assert [account.provider for account in config.accounts] == list(registry.PROVIDERS)


@every_provider
def test_the_registry_builds_what_it_names(case: Case) -> None:
    assert case.provider().name == case.name


@every_provider
def test_the_credentials_are_those_that_an_account_holds(case: Case) -> None:
    assert set(case.credentials) == set(registry.PROVIDERS[case.name].needs)


def test_every_registered_provider_is_simulated() -> None:
    with SimulatedCarriers() as carriers:
        made_up = {name: set(one.new_credentials()) for name, one in carriers.carriers.items()}

    assert list(made_up) == list(registry.PROVIDERS)
    assert made_up == {name: set(one.needs) for name, one in registry.PROVIDERS.items()}


@every_provider
def test_who_can_be_set_up_from_here_has_a_console_and_nobody_else(case: Case) -> None:
    assert (case.name in CONSOLES) == (Feature.PROVISIONING in case.provider().features)


@every_provider
def test_there_is_a_page_with_the_agreed_headings(case: Case) -> None:
    assert list(sections(DOCS / "providers" / f"{case.name}.md")) == PROVIDER_HEADINGS


@every_provider
def test_there_is_a_column_in_the_table_of_capabilities(case: Case) -> None:
    header = next(
        line
        for line in (DOCS / "providers" / "README.md").read_text("utf-8").splitlines()
        if line.startswith("|")
    )

    assert f"| [{case.name}]({case.name}.md) |" in header


@every_provider
def test_every_situation_is_covered_or_named_as_a_gap(case: Case) -> None:
    assert set(case.events) ^ case.gaps == set(Situation)


@every_provider
def test_every_situation_is_recorded_and_nothing_else(case: Case) -> None:
    recorded = {path.name for path in (FIXTURES / case.name).iterdir()}

    suffixes = (case.suffix, "headers.json")
    assert recorded == {f"{name}.{suffix}" for name in case.events for suffix in suffixes}


@every_provider
def test_every_operation_is_tried(case: Case) -> None:
    names = {operation.name for operation in case.operations}

    in_the_call = "perform" if case.provider().takes_commands else "interrupt"
    finds = {"find"} if Feature.FIND_CALL in case.provider().features else set()
    assert names >= {"place", in_the_call, "hang_up", "look_up"} | finds
