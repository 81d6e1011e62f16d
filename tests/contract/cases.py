from typing import Final

import pytest

from tests.contract.base import Case
from tests.contract.twilio import TwilioCase

CASES: Final[tuple[Case, ...]] = (TwilioCase(),)

every_provider = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
