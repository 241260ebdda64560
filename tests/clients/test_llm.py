"""Simon Willison's `llm` at a terminal, unmodified, with wye among its models as its documentation says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from clients.conftest import EMBEDDED

TOOL = "def weather(city: str) -> str:\n    'Tell the weather of a city.'\n    return 'sunny in ' + city\n"


@pytest.fixture
def home(url: str, tmp_path: Path) -> Path:
    """Its folder: models of its own in `extra-openai-models.yaml`, a key for them, plugins left out."""
    models = [
        {"model_id": f"wye/{name}", "model_name": name, "api_base": f"{url}/v1", "supports_tools": True}
        for name in ("nobody", EMBEDDED, "chat", "messages")
    ]
    (tmp_path / "extra-openai-models.yaml").write_text(yaml.safe_dump(models))
    return tmp_path


def llm(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {"LLM_USER_PATH": str(home), "LLM_LOAD_PLUGINS": "", "PATH": os.environ["PATH"], "HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "llm", *arguments],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# Each run of it costs a second or more of start-up, so there are few.
@pytest.mark.parametrize("model", ["chat", "messages"])
def test_a_tool_loop_as_a_stream(home: Path, model: str) -> None:
    options = ("-m", f"wye/{model}", "--key", "unused", "--functions", TOOL, "--td")
    used = llm(home, *options, "Weather in Paris and Rome?")
    assert used.stdout.strip().endswith("Hello."), used.stderr
    assert "sunny in Paris" in used.stderr
    assert "sunny in Rome" in used.stderr


def test_the_embedded_model(home: Path) -> None:
    options = ("-m", f"wye/{EMBEDDED}", "--key", "unused", "-o", "max_tokens", "8", "--no-stream")
    asked = llm(home, *options, "Name a colour.")
    assert asked.stdout.strip(), asked.stderr


def test_an_error_is_told(home: Path) -> None:
    asked = llm(home, "-m", "wye/nobody", "--key", "unused", "Hi")
    assert asked.returncode == 1
    assert "There is no model 'nobody'" in asked.stderr
