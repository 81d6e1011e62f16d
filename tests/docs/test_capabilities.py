from tests.docs.capabilities import PAGE, capabilities


def test_the_table_of_capabilities_is_what_the_code_says() -> None:
    assert PAGE.read_text("utf-8") == capabilities(), "stale: say `make docs`"
