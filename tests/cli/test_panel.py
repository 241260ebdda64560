"""The start-up panel, as text."""

import dataclasses
import os
import subprocess

import click
import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cli.playback import Gateway
from wye.catalog.deployments import LOOPBACK, Deployment, Endpoint
from wye.cli.panel import WIDTH, Start, panel
from wye.core.lane import Lane
from wye.core.request import Operation


def deployment(name: str, lane: Lane | None, found_by: str) -> Deployment:
    return Deployment(
        id=name,
        model=name,
        provider=name.partition("/")[0],
        lane=lane,
        endpoint=Endpoint("http", "127.0.0.1", 1, networks=LOOPBACK),
        found_by=found_by,
    )


EMBEDDED = (
    deployment("embedded/smollm2-135m", Lane.OWN, "comes with wye"),
    msgspec.structs.replace(
        deployment("embedded/minilm-l6", Lane.OWN, "comes with wye"),
        operations=frozenset({Operation.EMBEDDINGS}),
    ),
)
START = Start(
    url="http://127.0.0.1:4000",
    deployments=EMBEDDED,
    default_label="internal",
    unlabelled=(Lane.CLOSED, Lane.OWN, Lane.HOSTED),
    ledger="/home/ada/.local/state/wye/ledger.db",
    keys=False,
)


def lines(**changes: object) -> list[str]:
    return click.unstyle(panel(dataclasses.replace(START, **changes))).splitlines()


def test_a_machine_with_nothing_but_wye() -> None:
    shown = lines(missing=("set OPENAI_API_KEY for the closed lane",))
    assert shown[0].endswith("http://127.0.0.1:4000/v1  (no keys: this machine only)")
    assert shown[2:12] == [
        "own       embedded/smollm2-135m, embedded/minilm-l6 [embeddings]  (comes with wye)",
        "hosted    -",
        "closed    -",
        "",
        "data      without a label it counts as `internal` and may go to: own, hosted, closed",
        "ledger    /home/ada/.local/state/wye/ledger.db",
        "missing   set OPENAI_API_KEY for the closed lane",
        "",
        "Try it in another terminal:",
        "curl http://127.0.0.1:4000/v1/chat/completions -H 'Content-Type: application/json' \\",
    ]


def test_many_models_of_a_source_are_counted() -> None:
    many = [deployment(f"openai/m{number}", Lane.CLOSED, "OPENAI_API_KEY") for number in range(15)]
    shown = lines(deployments=[*EMBEDDED, *many])
    assert "closed    openai/m0, openai/m1, openai/m2 and 12 more  (OPENAI_API_KEY)" in shown


def test_what_is_not_proven_stands_apart_with_the_reason() -> None:
    mystery = deployment("vllm/llama", None, "vLLM at 127.0.0.1:8000, not proven local")
    note = "vLLM at 127.0.0.1:8000 is not proven local: ssh listens there; if it is, declare it in wye.yaml"
    shown = "\n".join(lines(deployments=[*EMBEDDED, mystery], notes=(note,)))
    assert "unknown   vllm/llama  (vLLM at 127.0.0.1:8000, not proven local)" in shown
    assert "unused: it is not proven where its data goes." in shown
    assert "unused    vLLM at 127.0.0.1:8000 is not proven local: ssh listens there;" in shown


def test_what_is_left_out_is_said_once() -> None:
    warnings = (
        "wye.yaml:4:3: warning: deployments.a.api_key_env: KEY_A is not set: this is left out",
        "wye.yaml:9:3: warning: providers.acme.api_key_env: KEY_B is not set: this is left out",
    )
    repeated = ("deployments.a is left out: KEY_A is not set", "providers.acme: KEY_B is not set")
    other = "deployments.ab is left out: provider 'x' has no key, is disabled, or was not found here"
    shown = "\n".join(lines(notes=(*warnings, *repeated, other)))
    assert shown.count("KEY_A") == shown.count("KEY_B") == 1
    assert "wye.yaml:4:3" in shown
    assert "deployments.ab is left out" in shown


def test_where_unlabelled_data_may_go() -> None:
    assert any(line.endswith("may go to: own") for line in lines(unlabelled=(Lane.OWN,)))
    assert any(line.endswith("may go to: nowhere") for line in lines(unlabelled=()))


def test_names() -> None:
    shown = lines(names={"fast": ("a", "b", "c", "d"), "careful": ()})
    assert "names     fast → a, b, c and 1 more" in shown
    assert "          careful → all of the above" in shown


def test_colours_are_only_styles() -> None:
    assert "\x1b[1m" in panel(START)
    escape = deployment("x/\x1b[2Jy", Lane.OWN, "\x9b31m")
    shown = panel(dataclasses.replace(START, deployments=[escape]))
    assert "\x1b[2J" not in shown
    assert "\x9b" not in shown


names = st.text("abc/-. 0", min_size=1, max_size=60).map(str.strip).filter(bool)


@given(
    st.lists(st.builds(deployment, names, st.sampled_from([*Lane, None]), names), max_size=30),
    st.lists(names),
)
def test_it_fits(deployments: list[Deployment], sentences: list[str]) -> None:
    shown = lines(deployments=deployments, missing=sentences, notes=sentences)
    assert max(map(len, shown)) <= WIDTH


def test_off_loopback_the_reader_fills_in_the_host() -> None:
    shown = "\n".join(lines(url="https://0.0.0.0:4601", keys=True))
    assert "https://0.0.0.0:4601/v1  (keys required)" in shown
    assert "curl https://YOUR-HOST:4601/v1/chat/completions" in shown
    assert "WYE_API_KEY must hold a key: one that `wye keys create` makes, or the bootstrap key." in shown
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert "WYE_API_KEY" not in "\n".join(lines())


def pasted(url: str, *, keys: bool) -> str:
    command = "\n".join(lines(url=url, keys=keys)).partition("another terminal:\n")[2]
    assert ("WYE_API_KEY" in command) is keys
    return subprocess.run(
        ["bash", "-c", command],  # noqa: S607  # the reader's own bash
        env={**os.environ, "WYE_API_KEY": "wye_k1", "no_proxy": "*"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_curl_line_works_when_pasted(gateway: Gateway) -> None:
    assert "Rayleigh scattering" in pasted(gateway.url, keys=False)
    assert "Rayleigh scattering" in pasted(gateway.url, keys=True)
    (_, without, body), (_, with_key, _) = gateway.requests
    assert body["messages"] == [{"role": "user", "content": "Why is the sky blue?"}]
    assert body["max_tokens"] == 64
    assert "authorization" not in without
    assert with_key["authorization"] == "Bearer wye_k1"
