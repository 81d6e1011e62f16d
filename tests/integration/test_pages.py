"""The pages as a browser gets them: public, strict, and fetched once."""

import re

import pytest
import requests

from chalicelib.routes.pages import PAGES, WEB, Page, rendered
from tests.phone import Phone

FILES = sorted(path.name for path in WEB.iterdir() if path.suffix != ".html")
PATHS = [*(page.path[1:] for page in PAGES), *(f"web/{name}" for name in FILES)]


def get(phone: Phone, path: str, **headers: str) -> requests.Response:
    return requests.get(f"{phone.gateway.url}/{path}", headers=headers, timeout=20)


@pytest.mark.parametrize("path", PATHS)
def test_every_page_and_file_is_there_and_strict(phone: Phone, path: str) -> None:
    response = get(phone, path)

    policy = response.headers["Content-Security-Policy"]
    assert response.status_code == 200
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", PATHS)
def test_what_a_browser_has_is_not_sent_again(phone: Phone, path: str) -> None:
    first = get(phone, path)
    second = get(phone, path, **{"If-None-Match": first.headers["ETag"]})
    changed = get(phone, path, **{"If-None-Match": '"something else"'})

    assert (second.status_code, second.content) == (304, b"")
    assert (changed.status_code, changed.text) == (200, first.text)


@pytest.mark.parametrize("name", ["nothing.js", "frame.html", "..%2Froutes%2Frpc.py", ".."])
def test_nothing_else_is_served(phone: Phone, name: str) -> None:
    assert get(phone, f"web/{name}").status_code in {403, 404}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_finds_everything_below_the_prefix_it_was_called_under(page: Page) -> None:
    text = rendered(page)

    addresses = re.findall(r'(?:href|src)="([^"]+)"', text)
    assert addresses
    assert [one for one in addresses if one.startswith(("/", "http"))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_no_script_and_no_style_of_its_own(page: Page) -> None:
    text = rendered(page)

    assert re.findall(r"<style|style=|\son\w+=|<script(?![^>]* src=)", text) == []
