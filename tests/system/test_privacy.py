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


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    unshare = shutil.which("unshare")
    if (
        unshare is None
        or subprocess.run([unshare, "-rn", "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("no network namespaces here: needs `unshare` and user namespaces, or root")
    command = [unshare, "-rn", sys.executable, str(SCRIPT), str(tmp_path_factory.mktemp("namespace"))]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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
