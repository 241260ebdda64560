"""The limit of open files is raised, never lowered."""

import resource
from collections.abc import Iterator

import pytest

from wye.gateway.openfiles import allow, needed


@pytest.fixture(autouse=True)
def hard() -> Iterator[int]:
    """Begin with a soft limit of 512; gives the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def soft() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_the_soft_limit_is_raised_and_the_hard_one_stays(hard: int) -> None:
    assert allow(600) == soft() == 600
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] == hard


def test_it_is_never_lowered() -> None:
    assert allow(100) == soft() == 512


def test_the_hard_limit_bounds_it(hard: int) -> None:
    if hard == resource.RLIM_INFINITY:
        pytest.skip("there is no hard limit here")
    assert allow(hard + 1) == soft() == hard


def test_each_client_may_need_an_upstream() -> None:
    assert needed(4_096) > 2 * 4_096
