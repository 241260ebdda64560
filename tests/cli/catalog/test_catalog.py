"""`wye catalog` as a person runs it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wye.catalog import local
from wye.catalog.throughput import shipped
from wye.cli.catalog import catalog


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("WYE_CONFIG", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(catalog, arguments)


def test_an_overview_names_every_topic_with_its_sources() -> None:
    lines = run("show").output.splitlines()
    topics = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert topics == ["prices", "gpus", "power", "people", "throughput"]
    assert "genai-prices" in lines[0]
    assert "LiteLLM" in lines[1]
    assert "people      1 figure, estimates among them: 1" in "\n".join(lines)


@pytest.mark.parametrize("topic", ["prices", "gpus", "throughput", "power", "people"])
def test_every_topic_is_shown_and_is_json(topic: str) -> None:
    shown = run("show", topic)
    assert shown.exit_code == 0
    assert len(shown.output.splitlines()) > 1
    told = json.loads(run("show", topic, "--json").output)
    rows = told if isinstance(told, list) else list(told.values())
    figures = [row.get("output_rate", row) for row in rows]
    assert all(figure["source"] and figure["as_of"] for figure in figures)


def test_every_figure_shows_its_source_and_whether_it_is_an_estimate() -> None:
    lines = run("show", "gpus").output.splitlines()
    rent = next(line for line in lines if line.startswith("gpu.H100.rent.on_demand"))
    assert "2.29 to 3.99" in rent
    place = rent.split()[-1]
    assert any(line.startswith(f"{place} SkyPilot catalogue v8; llm-d-planner") for line in lines)
    assert "estimate" not in rent
    bought = next(line for line in lines if line.startswith("gpu.H100.purchase"))
    assert "estimate" in bought


def test_a_model_is_shown_with_every_rate_and_what_another_source_says() -> None:
    lines = run("show", "gpt-5.5").output
    assert "output above 272,000" in lines
    assert "batch input" in lines
    assert "another source says" not in lines
    other = run("show", "mistral/mistral-large-4").output
    assert "another source says output: 4.18 (LiteLLM" in other


def test_an_open_model_is_shown_with_its_throughput_and_what_was_measured_here(tmp_path: Path) -> None:
    assert "On machines of your own" in run("show", "qwen3-32b").output
    local.append(tmp_path / "state", [shipped()[0]])
    told = json.loads(run("show", "throughput", "--json").output)
    assert len(told) == len(shipped()) + 1


@pytest.mark.parametrize("name", ["gemini-3.5-pro", "deepseek-r2", "stable diffusion 4", "llama-4-405b"])
def test_a_model_that_does_not_exist_is_said_to_be_none(name: str) -> None:
    result = run("show", name)
    assert result.exit_code == 0
    assert "does not exist" in result.output or "Llama 4 has no" in result.output
    assert json.loads(run("show", name, "--json").output)["standing"]["kind"] == "absent"


def test_a_retired_model_is_said_to_be_retired() -> None:
    assert "gpt-4 at openai is retired since 2026-10-23" in run("show", "openai/gpt-4").output


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("nonsense", ", no GPU and no model here"),
        ("gpt5.5", "Did you mean gpt-5.5 or "),
        ("openai/gpt-55", "Did you mean openai/gpt-5.5 or "),
        ("H1000", "Did you mean H100"),
        ("price", "Did you mean prices"),
    ],
)
def test_what_nobody_knows_is_an_error_that_says_what_may_be_meant(name: str, meant: str) -> None:
    result = run("show", name)
    assert result.exit_code == 1
    assert f"nothing is known of '{name}'" in result.output
    assert meant in result.output


def test_a_gpu_and_a_figure_are_shown_by_name() -> None:
    assert "gpu.H100.rent.spot" in run("show", "h100").output
    assert "H200" not in run("show", "H100").output.split("\n\n", 1)[0]
    assert list(json.loads(run("show", "power.pue", "--json").output)) == ["power.pue"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("show",),
        *(("show", what) for what in ("prices", "gpus", "throughput", "power", "people", "gpt-5.5")),
        ("show", "qwen3-32b"),
        ("check", "--on", "2026-11-23"),
        ("diff", "2026-11-22", "2027-01-31"),
    ],
)
def test_a_table_fits_a_terminal_of_100_columns(arguments: tuple[str, ...]) -> None:
    lines = run(*arguments).output.splitlines()
    assert max(map(len, lines)) <= 100


def test_a_long_name_has_a_line_of_its_own_and_keeps_its_figures() -> None:
    lines = run("show", "prices", "--on", "2026-11-23").output.splitlines()
    long = next(place for place, line in enumerate(lines) if len(line) > 60 and " " not in line)
    assert lines[long + 1].startswith(" " * 20)
    assert lines[long + 1].split()


def test_figures_of_ones_own_come_first(tmp_path: Path) -> None:
    (tmp_path / "wye.yaml").write_text(
        "catalog: {power.kwh.us: {value: 0.07, source: our invoice, as_of: 2026-11-01}}\n"
    )
    lines = run("show", "power").output.splitlines()
    place = next(line for line in lines if "power.kwh.us" in line).split()[-1]
    assert f"{place} our invoice" in lines
    changed = run("diff", "shipped", "config").output.splitlines()
    assert changed[1].split()[:3] == ["power.kwh.us", "0.12", "0.07"]
    assert "-42%" in changed[1]


def test_check_without_a_file_lists_what_two_sources_disagree_on() -> None:
    result = run("check", "--on", "2026-11-23")
    assert result.exit_code == 0
    assert "of them differ by more than 1 %" in result.output
    assert "mistral/mistral-large-4" in result.output
    assert "figures are older than 90 days" in result.output
    assert "differ between batch and flex" in result.output
    told = json.loads(run("check", "--on", "2026-11-23", "--json").output)
    assert told["shared"] > 250
    assert any(one["name"].startswith("throughput ") for one in told["stale"])


def test_check_names_deployments_without_a_price_and_models_that_are_not_served(tmp_path: Path) -> None:
    (tmp_path / "wye.yaml").write_text(
        """
deployments:
  here: {base_url: "http://127.0.0.1:8000/v1", lane: own, model: llama}
  priced: {base_url: "http://127.0.0.1:8000/v1", lane: own, model: llama, machine_hour: 2}
  hosted: {provider: openai, model: gpt-5.5}
  old: {provider: openai, model: gpt-4}
aliases: {best: google/gemini-3.5-pro}
"""
    )
    result = run("check", "--on", "2026-11-23")
    assert result.exit_code == 1
    assert "1 deployment has no price" in result.output
    assert "deployments.here (llama): its cost is unknown. Set deployments.here.machines" in result.output
    assert "deployments.old.model: gpt-4 at openai is retired since 2026-10-23" in result.output
    assert "aliases.best: Gemini 3.5 Pro does not exist" in result.output


def test_diff_shows_what_changes_between_two_days() -> None:
    shown = run("diff", "2026-11-22", "2027-01-31").output
    assert "price.google/gemini-3.7-flash.output" in shown
    assert "+100%" in shown
    told = json.loads(run("diff", "2026-11-22", "2027-01-31", "--json").output)
    assert all(row["before"] != row["after"] for row in told)
    same = run("diff", "shipped", "shipped")
    assert "Nothing differs." in same.output


def test_a_book_that_is_none_is_refused() -> None:
    result = run("diff", "yesterday", "shipped")
    assert result.exit_code == 2
    assert "'yesterday' is no book" in result.output
