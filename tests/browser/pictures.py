"""`make images`: takes the pictures of the pages that stand in docs/images, light and dark."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, expect, sync_playwright

from moltis.carriers.line import HangsUp, Presses, Refusal, Refuses, Says, StaysSilent
from tests.browser.browsing import FLAGS, Visit, chromium_here, masked, visiting
from tests.phone import CALLER, STRANGER, Phone, a_phone

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
SCHEMES: Final = ("light", "dark")
WIDTH: Final = 1120
SPEED: Final = 6.0

OPENING: Final = (
    "Hello, this is the assistant of Doctor Miller's practice. You have an appointment on Monday "
    "at ten. Does that still suit you?"
)


def settings(visit: Visit) -> None:
    """The settings, as one finds them."""
    visit.sign_in("settings/phone")
    expect(visit.page.get_by_role("heading", level=1)).to_be_visible()


def calls(visit: Visit) -> None:
    """A call that is live, above those that were."""
    visit.sign_in("calls")
    expect(visit.page.get_by_role("row").filter(has_text=masked(STRANGER))).to_be_visible()
    somebody = visit.phone.far_end(
        Says("I am afraid I cannot. Can we move it to another day?"),
        Says("On Wednesday, please."),
        *(StaysSilent() for _ in range(20)),
    )
    visit.phone.initiate(somebody, OPENING)
    live = visit.page.get_by_role("article", name=masked(somebody))
    expect(live.locator(".line.bot")).to_have_count(3)
    expect(live).to_contain_text("listening")


def soft_phone(visit: Visit) -> None:
    """A person at the soft phone, whose turn it is."""
    visit.sign_in("phone")
    page = visit.page
    page.get_by_label("What the agent says first").fill(OPENING)
    visit.button("Have the agent call me").click()
    visit.button("Answer").click()
    for number, text in enumerate(("Can we move it to another day?", "Wednesday at noon"), 1):
        expect(page.get_by_text("Your turn.", exact=True)).to_be_visible()
        page.get_by_label("What you say").fill(text)
        visit.button("Say").click()
        expect(page.locator(".line.bot")).to_have_count(number + 1)
    expect(page.get_by_text("Your turn.", exact=True)).to_be_visible()


SUBJECTS: Final[dict[str, tuple[int, Callable[[Visit], None]]]] = {
    "settings": (900, settings),
    "calls": (1040, calls),
    "soft-phone": (720, soft_phone),
}
"""What there are pictures of: how high they are, and how one gets there."""


def main() -> None:
    """Take all pictures."""
    where = chromium_here()
    if where is None:
        sys.exit("there is no Chromium here; apt-get install chromium")
    with sync_playwright() as playwright, busy_phone() as phone:
        chromium = playwright.chromium.launch(executable_path=where, headless=True, args=FLAGS)
        for name in SUBJECTS:
            for scheme in SCHEMES:
                picture = take(chromium, phone, name, scheme)
                sys.stdout.write(f"{picture.name}: {picture.stat().st_size:,} bytes\n")
        chromium.close()


def take(chromium: Browser, phone: Phone, name: str, scheme: str) -> Path:
    """Take one picture; gives where it is."""
    picture = IMAGES / f"{name}-{scheme}.png"
    height, go = SUBJECTS[name]
    size = {"width": WIDTH, "height": height}
    with visiting(chromium, phone, color_scheme=scheme, viewport=size) as visit:
        go(visit)
        visit.page.screenshot(path=picture, caret="hide")
        hang_up_all(phone)
    return picture


@contextmanager
def busy_phone() -> Iterator[Phone]:
    """A telephone that has been used a little."""
    with a_phone(speed=SPEED, telnyx={}, plivo={}) as phone:
        for script in ((Says("Thank you."), HangsUp()), (Presses("42#"), HangsUp())):
            phone.over(phone.initiate(phone.far_end(*script), "Your parcel has arrived."))
        phone.over(phone.initiate(phone.far_end(), "The shop closes at six.", mode="notify"))
        phone.over(phone.initiate(phone.far_end(ringing=Refuses(Refusal.BUSY))))
        phone.over(phone.dial_in(CALLER, Says("I would like a table."), HangsUp()))
        phone.over(phone.dial_in(STRANGER))
        yield phone


def hang_up_all(phone: Phone) -> None:
    """Leave nothing that goes on."""
    for call in phone.rpc.ask("voicecall.status")["active_calls"]:
        phone.rpc.ask("voicecall.end", call_id=call["call_id"])
        phone.over(call["call_id"])


if __name__ == "__main__":
    main()
