"""Promise 1: nothing labelled to stay inside opens a connection outside."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("namespace.py")
SECONDS = 100


STATES = ("labelled, detection off", "labelled, detection on", "found", "late", "crashed")


def inside_a_namespace(script: Path, folder: Path) -> Any:
    """Run `script` in a network namespace of its own; return what it says."""
    unshare = shutil.which("unshare")
    if (
        unshare is None
        or subprocess.run([unshare, "-rn", "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("no network namespaces here: needs `unshare` and user namespaces, or root")
    command = [unshare, "-rn", sys.executable, str(script), str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return inside_a_namespace(SCRIPT, tmp_path_factory.mktemp("namespace"))


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return inside_a_namespace(SCRIPT.with_name("ways.py"), tmp_path_factory.mktemp("ways"))


def test_what_must_stay_opens_no_connection_outside(seen: Any) -> None:
    kept = seen["must_stay"]
    assert kept["requests"] > 250
    assert kept["answered"] == 0
    assert kept["outside"] == 0


def test_the_count_can_tell(seen: Any) -> None:
    """The same requests without the label do go outside, so the zero above means something."""
    assert seen["may_leave"]["outside"] > 0
    assert seen["may_leave"]["answered"] > 5


def test_the_kernel_counts_no_attempt_that_nobody_accepted(seen: Any) -> None:
    """Each one begun in the namespace was a request's own to the gateway, or one that the inside took."""
    assert seen["must_stay"]["unexplained"] == 0


def test_the_refusal_is_clear(seen: Any) -> None:
    assert seen["denied"]["status"] == 403
    assert seen["denied"]["error"]["code"] == "policy_denied"
    assert "phi" in seen["denied"]["error"]["message"]
    assert "own" in seen["denied"]["error"]["message"]


@pytest.mark.parametrize("state", STATES)
def test_by_no_way_does_it_get_outside(ways: Any, state: str) -> None:
    """Fallback, retry, hedge, spill, cascade, shadow, judge: whatever the detector does."""
    assert ways[state]["outside"] == 0
    assert ways[state]["served"] == 0
    assert ways[state]["unexplained"] == 0
    assert 200 in dict(ways[state]["statuses"]), "the inside did serve"


def test_by_each_way_others_do_get_outside(ways: Any) -> None:
    """By connections that are open already, or new ones; so the zeros above mean something for each way."""
    assert len(ways["by way"]) == 6
    assert min(ways["by way"].values()) > 0, ways["by way"]
