"""What a person waits for before the first word."""

import subprocess
import sys

HEAVY = {
    "alembic",
    "cryptography",
    "numpy",
    "onnxruntime",
    "openai",
    "rich",
    "sqlalchemy",
    "tokenizers",
    "uvicorn",
    "xllamacpp",
}


def test_the_command_line_imports_nothing_heavy() -> None:
    """A help text must not pay for a database or a server: commands import what they use when they run."""
    shown = subprocess.run(
        [sys.executable, "-c", "import sys, wye.cli.main; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert HEAVY & {name.partition(".")[0] for name in shown.split()} == set()
