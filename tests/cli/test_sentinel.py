import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wye.cli.sentinel import sentinel


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WYE_CONFIG", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(sentinel, arguments)


DAYS = ("--from", "2026-11-22", "--to", "2027-01-31")
ROUTE = """
aliases: {flash: google/gemini-3.7-flash}
routes:
  quick: {candidates: [flash, openai/gpt-5.4-mini]}
"""


def test_an_announced_price_turns_a_route() -> None:
    Path("wye.yaml").write_text(ROUTE)
    result = run(*DAYS)
    assert result.exit_code == 0, result.output
    assert "price.google/gemini-3.7-flash.output" in result.output
    last = result.output.splitlines()[-1]
    assert last.startswith(
        "routes.quick flips: google/gemini-3.7-flash was the cheapest, now openai/gpt-5.4-mini"
    )
    told = json.loads(run(*DAYS, "--json").output)
    assert told["flips"][0]["because"][0].startswith("price.google/gemini-3.7-flash")


def test_a_price_of_ones_own_counts_from_its_day() -> None:
    Path("wye.yaml").write_text(
        """
deployments:
  ours:
    provider: openai
    model: gpt-5.5
    price: {input: 0.01, output: 0.01, as_of: 2026-12-01}
routes:
  quick: {candidates: [ours, openai/gpt-5.4-mini]}
"""
    )
    assert "routes.quick flips: openai/gpt-5.4-mini was the cheapest, now ours is" in run(*DAYS).output


def test_nothing_changed() -> None:
    result = run("--from", "2026-11-22", "--to", "2026-11-22")
    assert result.output == (
        "From 2026-11-22 to 2026-11-22: 0 figures changed\nNo decision depends on what changed.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "2027-01-01", "--to", "2026-01-01"), "is after --to"),
        (("--from", "yesterday"), "is not a day"),
        (("--input", "0"), "--input"),
        (("--output", "-1"), "--output"),
    ],
)
def test_bad_input_names_its_option(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.output
