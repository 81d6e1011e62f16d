"""The first that a container imports: from here on it is quick."""

import gc
from typing import Final

from chalicelib import bundled, precompiled

NET_OBJECTS: Final = 150_000
"""So many more objects are made than freed, before Python looks for cycles among the youngest.

At its own 700 it looks over a hundred times while we start, and finds nothing.
"""

gc.set_threshold(NET_OBJECTS, 20, 20)
precompiled.use()
bundled.use()

from chalicelib import log  # noqa: E402  # what it imports is to be quick already

log.set_up()
