"""The npm SDKs of OpenAI and Anthropic, unmodified; `make clients` installs them, or this is skipped."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from clients.conftest import PROTOCOLS

HERE = Path(__file__).parent / "npm"
NODE = shutil.which("node")
THERE = NODE is not None and (HERE / "node_modules" / "openai").is_dir()
CITIES = ["Paris", "Rome"]


@pytest.mark.skipif(not THERE, reason="node or the npm clients are not installed: `make clients` (needs npm)")
@pytest.mark.parametrize("model", PROTOCOLS)
def test_the_sdks(url: str, model: str) -> None:
    assert NODE is not None
    done = subprocess.run(
        [NODE, str(HERE / "clients.mjs"), url, model], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["chat"] == {"plain": "Hello.", "streamed": "Hello.", "cities": CITIES, "after": "Hello."}
    assert told["responses"] == {"plain": "Hello.", "events": True, "cities": CITIES, "after": "Hello."}
    assert told["messages"] == {"plain": "Hello.", "cities": CITIES, "after": "Hello."}
    assert told["models"]
    assert told["errors"] == [["NotFoundError", 404], ["RateLimitError", 429], ["NotFoundError", 404]]
