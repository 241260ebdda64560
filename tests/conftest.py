"""What holds for every test.

An ordinary run draws the same examples every time, wherever it runs and whatever ran before it: a change is
judged by what it changed, never by luck. What is new is looked for with the other profile, which
`make test-deep` takes (`pytest --hypothesis-profile explore`): other seeds every time, and more of them.
What it finds becomes an `@example` or a test, and is mended.
"""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.internal.constants_ast import Constants

# A busy machine is slow now and then; how long a test may take is pytest-timeout's business.
_AT_ANY_SPEED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("wye", derandomize=True, database=None, **_AT_ANY_SPEED)
settings.register_profile(
    "explore", max_examples=int(os.environ.get("EXAMPLES", "1000")), print_blob=True, **_AT_ANY_SPEED
)
settings.load_profile("wye")

# A shell starts what runs in its background with Ctrl-C ignored, and what is started from there inherits it.
# Tests that press Ctrl-C hold there too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


FIRST = ("docs", "system", "security", "gateway")
"""Folders whose files take longest."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: spread over processes by files, none is left alone with it."""

    def turn(item: pytest.Item) -> int:
        folder = item.path.relative_to(item.config.rootpath / "tests").parts[0]
        return FIRST.index(folder) if folder in FIRST else len(FIRST)

    items.sort(key=turn)


def pytest_collection_finish() -> None:
    # Hypothesis also draws constants it has read in whichever of our modules are loaded. With the tests
    # spread over processes that is another set every time, and from one seed would come other examples.
    if settings().derandomize:
        HypothesisProvider._local_constants = Constants()  # there is no setting for it
