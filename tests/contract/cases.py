from typing import Final

import pytest

from tests.contract.base import Case
from tests.contract.plivo import PlivoCase
from tests.contract.telnyx import TelnyxCase
from tests.contract.twilio import TwilioCase

CASES: Final[tuple[Case, ...]] = (TwilioCase(), TelnyxCase(), PlivoCase())

every_provider = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
