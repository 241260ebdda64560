"""`wye breakeven` as it is typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wye.cli.breakeven import breakeven
from wye.core.errors import WyeError

SAID = ("--tokens", "42M", "--ratio", "6:1", "--cached", "40%", "--peak", "6", "--displace", "65%")
FEW = ("--draws", "200")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("WYE_CONFIG", raising=False)
    return tmp_path


def run(runner: CliRunner, *args: str) -> Result:
    result = runner.invoke(breakeven, [*args, *FEW])
    if isinstance(result.exception, Exception) and not isinstance(result.exception, WyeError):
        raise result.exception
    return result


def test_the_sentence_comes_first_and_all_tables_follow(runner: CliRunner) -> None:
    result = run(runner, *SAID)
    shown = result.stdout.splitlines()
    assert result.exit_code == 0
    assert shown[0].startswith("At 42M tokens a month, stay on the API: $")
    for told in (
        "USD a month at 42M tokens: 36M in (40 % cached), 6M out",
        "Today:",
        "In doubt:",
        "What matters",
    ):
        assert any(line.startswith(told) for line in shown), told
    assert any("H100 owned, N+1" in line and "1+1" in line for line in shown)


def test_json_has_all_of_it_and_never_is_null(runner: CliRunner) -> None:
    told = json.loads(run(runner, *SAID, "--json").stdout)
    assert told["sentence"].startswith("At 42M")
    (hosted,) = told["hosted"]
    assert [pair["volumes"] for pair in hosted["pairs"]] == [[None, None]] * 5
    closed = told["closed"][0]
    assert closed["baseline"]["name"] == "gpt-5.5"
    assert closed["pairs"][0]["result"]["draws"] == 200
    assert told["ranges"]["displaced"]["middle"] == 0.65


def test_files_are_written_and_repeat(runner: CliRunner, here: Path) -> None:
    names = ("a.svg", "a.png", "a.html")
    options = [part for name in names for part in (f"--{name[2:]}", name)]
    assert run(runner, *SAID, *options).exit_code == 0
    first = [(here / name).read_bytes() for name in names]
    run(runner, *SAID, *options)
    assert first == [(here / name).read_bytes() for name in names]
    assert first[0].startswith(b"<?xml")
    assert first[1].startswith(b"\x89PNG")
    assert first[2].startswith(b"<!doctype html>")


def test_one_baseline_one_machine_and_a_range(runner: CliRunner) -> None:
    args = ("--against", "claude-opus-4-8", "--open", "deepseek-v4-pro", "--machines", "h100-owned")
    told = json.loads(
        run(runner, *SAID, *args, "--set", "price_decline=0", "--set", "discount=10%", "--json").stdout
    )
    assert [one["baseline"]["name"] for one in told["closed"]] == ["claude-opus-4-8"]
    assert [one["baseline"]["name"] for one in told["hosted"]] == ["deepseek/deepseek-v4-pro"]
    assert [pair["title"] for pair in told["closed"][0]["pairs"]] == ["H100 owned, N+1"]
    assert (told["ranges"]["discount"]["high"], told["ranges"]["discount"]["source"]) == (0.1, "given")


def test_fixed_utilisation_forgets_the_peak(runner: CliRunner) -> None:
    def stays(*args: str) -> float:
        told = json.loads(
            run(runner, "--tokens", "1B", *args, "--against", "gemini-3.5-flash", "--json").stdout
        )
        found: float = told["closed"][0]["pairs"][3]["volumes"][1]
        return found

    fixed = stays("--utilisation", "30%")
    assert fixed == stays("--utilisation", "30%", "--peak", "6")
    assert fixed < stays("--peak", "6")


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--tokens", "0"), "'--tokens': '0' must be above 0"),
        (("--tokens", "-5M"), "'--tokens': '-5M' is not a count"),
        (("--tokens", "5M", "--cached", "400%"), "'--cached': '400%' must lie between 0% and 100%"),
        (("--tokens", "5M", "--displace", "-1%"), "'--displace'"),
        (("--tokens", "5M", "--peak", "0"), "'--peak'"),
        (("--tokens", "5M", "--ratio", "6:0"), "'--ratio': '6:0' must have output"),
        (("--tokens", "5M", "--reasoning", "100%"), "'--reasoning': '100%' must lie between 0% and 95%"),
        (("--tokens", "5M", "--against", "gemma-4-31b-it"), "in the lane hosted: that is for --open"),
        (("--tokens", "5M", "--open", "gpt-5.5"), "'gpt-5.5' is in the lane closed: that is for --against"),
        (("--tokens", "5M", "--set", "nothing=1"), "there is no input 'nothing'"),
        (("--tokens", "5M", "--set", "discount=400%"), "discount: must lie in 0..0.95"),
        (("--tokens", "5M", "--utilisation", "0"), "'--utilisation': '0' must lie above 0%"),
        (("--tokens", "5M", "--since", "7d"), "--since and --until are of the ledger"),
        (("--ratio", "6:1"), "--ratio and --request go with --tokens"),
    ],
)
def test_bad_input_is_named(args: tuple[str, ...], why: str, runner: CliRunner) -> None:
    result = run(runner, *args)
    assert result.exit_code == 2
    assert why in result.stderr


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--against", "gemini-3.5-pro"), "Gemini 3.5 Pro does not exist"),
        (("--against", "gpt-55"), "no price is known of 'gpt-55'. Did you mean 'gpt-5.5'?"),
        (("--open", "google/gemma-4-31b-it"), "free within limits"),
        (("--machines", "h100"), "there are no machines 'h100'. There is: h100-owned"),
        (("--against", "euro"), "'euro' is priced in EUR"),
        (("--against", "dark"), "no price is known of 'dark'"),
    ],
)
def test_models_and_machines_are_named(
    args: tuple[str, ...], why: str, runner: CliRunner, here: Path
) -> None:
    (here / "wye.yaml").write_text("""
deployments:
  euro: {model: m, base_url: "https://x.example", lane: closed, price: {input: 1, output: 2, currency: EUR}}
  dark: {model: m, base_url: "https://x.example", lane: closed}
""")
    error = run(runner, "--tokens", "5M", *args).exception
    assert isinstance(error, WyeError)
    assert why in error.message


def test_a_price_nobody_knows_is_unknown_in_every_sum(runner: CliRunner, here: Path) -> None:
    (here / "wye.yaml").write_text("""
deployments:
  dark: {model: m, base_url: "https://x.example", lane: closed}
""")
    result = run(runner, "--tokens", "5M", "--displace", "50%")
    assert result.exit_code == 0
    assert result.stdout.startswith("The price of dark is not known, so nothing can be said of it.")
    totals = [line.split() for line in result.stdout.splitlines() if line.startswith(("  own", "  hosted"))]
    assert len(totals) == 6
    assert all("unknown" in cells for cells in totals)


def test_machines_nobody_knows_are_left_out_and_named(runner: CliRunner, here: Path) -> None:
    (here / "wye.yaml").write_text("""
machines:
  box: {gpu: H100, gpus: 2, rent_hour: 6}
  odd: {gpu: T4, rent_hour: 0.4}
deployments:
  mine: {model: qwen3-32b, base_url: "http://127.0.0.1:8000/v1", lane: own, machines: box}
  novel: {model: novel-7b, base_url: "http://127.0.0.1:8001/v1", lane: own, machines: odd}
""")
    told = json.loads(run(runner, "--tokens", "50M", "--json").stdout)
    assert [pair["title"] for pair in told["closed"][0]["pairs"]] == ["box"]
    assert told["remarks"][0].startswith("Left out: nobody knows how many tokens a second 'novel-7b' makes")
    assert "run `wye measure novel`" in told["remarks"][0]
    error = run(runner, "--tokens", "50M", "--machines", "odd").exception
    assert isinstance(error, WyeError)
    assert "or say it to `wye breakeven --machines odd --throughput N`" in error.message
    assert run(runner, "--tokens", "50M", "--machines", "odd", "--throughput", "900").exit_code == 0


WIDE = """
machines:
  the-big-rack-in-the-cellar-of-building-7: {gpu: H100, gpus: 2, rent_hour: 6}
deployments:
  qwen: {model: Qwen/Qwen3-32B-FP8, base_url: "http://127.0.0.1:8000/v1", lane: own, machines: MINE}
  llama: {model: llama-3.3-70b-instruct, base_url: "http://127.0.0.1:8000/v1", lane: own, machines: MINE}
""".replace("MINE", "the-big-rack-in-the-cellar-of-building-7")


@pytest.mark.parametrize("config", ["", WIDE])
def test_tables_are_no_wider_than_100_columns(runner: CliRunner, here: Path, config: str) -> None:
    (here / "wye.yaml").write_text(config)
    args = ("--tokens", "900B", "--peak", "40", "--displace", "65%", "--throughput", "3k")
    shown = run(runner, *args).stdout
    rows = [line for line in shown.splitlines() if line.startswith("  ")]
    assert max(map(len, rows)) <= 100
    heads = [line for line in rows if line.startswith("  than")]
    titles = (
        ("the-big-rack-i…Qwen3-32B-FP8", "the-big-rack-i…-70b-instruct") if config else ("H100 owned, N+1",)
    )
    assert len(heads) == (1 if config else 2)
    assert all(any(title in head for head in heads) for title in titles)
    assert sum(line.startswith("  gpt-5.5 ") for line in rows) == len(heads)
