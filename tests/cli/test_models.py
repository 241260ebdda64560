"""`wye models`."""

import json
from decimal import Decimal

from click.testing import CliRunner

from cli.playback import MODELS, Gateway
from wye.cli.models import Facts, Price, Row, models, table


def test_deployments_stand_by_lane_and_names_apart(runner: CliRunner, gateway: Gateway) -> None:
    shown = runner.invoke(models, ["--url", gateway.url])
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "own  on machines you control",
        "  embedded/smollm2-135m  2,048 tokens  comes with wye",
        "closed  closed weights at a processor",
        "  openai/gpt-5.5  400,000 tokens  tools  $5 in, $30 out /M  down: three failures in a row",
        "unknown  unused until wye.yaml gives it a lane",
        "  tunnel/mystery  found at 127.0.0.1:8000",
        "names  that choose among these",
        "  auto  route  embedded/smollm2-135m, openai/gpt-5.5",
    ]


def test_json_is_the_gateways_own(runner: CliRunner, gateway: Gateway) -> None:
    assert json.loads(runner.invoke(models, ["--url", gateway.url, "--json"]).stdout) == MODELS


def test_columns_are_aligned_and_kinds_are_told() -> None:
    rows = [
        Row("a", Facts(lane="own", provider="p", operations=("embeddings",), found_by="x")),
        Row("long/name", Facts(lane="own", provider="p", tools=True, found_by="y")),
        Row("fast", Facts(kind="alias", candidates=("a", "b", "c", "d", "e"))),
    ]
    assert list(table(rows))[1:3] == ["  a          embeddings  x", "  long/name  tools       y"]
    assert list(table(rows))[-1] == "  fast  alias  a, b, c, d and 1 more"


def test_embeddings_have_no_price_of_output() -> None:
    price = Price(Decimal("0.020"))
    rows = [
        Row("e", Facts(lane="closed", provider="p", operations=("embeddings",), price=price)),
        Row("f", Facts(lane="closed", provider="p", operations=("chat",), price=price)),
    ]
    shown = [" ".join(line.split()) for line in table(rows)]
    assert shown[1:] == ["e embeddings $0.02 in /M", "f $0.02 in, $? out /M"]


def test_something_else_than_a_gateway(runner: CliRunner, gateway: Gateway) -> None:
    gateway.records["models"] = {"data": 3}
    shown = runner.invoke(models, ["--url", gateway.url + "/other"])
    assert shown.exit_code == 1
    assert "this is not a list of models" in shown.stderr
