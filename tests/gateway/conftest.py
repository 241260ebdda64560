from collections.abc import Iterator
from typing import Any

import pytest

from fake_upstream import FakeUpstream


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()
    yield fake
    fake.stop()


@pytest.fixture(scope="session")
def price() -> dict[str, Any]:
    return {"input": 2, "output": 10, "cache_read": 0.5, "as_of": "2026-11-22"}
