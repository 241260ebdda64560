"""A label sticks to its conversation, and to what was generated from it."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from fake_upstream import CHAT, DONE, FINISH, Call, FakeUpstream, delta
from gateway.test_inspection import PLAIN, SSN, ask, killed, looks, until
from running import KEY, Running, running
from wye.config.lineage import LineageSettings
from wye.core.errors import LedgerError
from wye.core.label import Labels
from wye.core.request import Operation, Request
from wye.gateway.lineage import Lineage
from wye.gateway.session import Session
from wye.ledger.remembered import FILE, RememberedFile

HIM = "Her social security number is 219-09-9999, as you asked."


RESPONSES = {"protocol": "openai_responses"}


async def talk(call: Call) -> None:
    """Say what was asked for; in a stream by three characters an event."""
    said = HIM if b"tell me" in call.body.rpartition(b'"role"')[2] else "The answer is 4."
    if call.json.get("stream"):
        pieces = [said[at : at + 3] for at in range(0, len(said), 3)]
        await call.stream([*(delta(piece) for piece in pieces), FINISH, DONE])
        return
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
    await call.answer(body=CHAT | {"choices": [choice]})


def settings(upstream: FakeUpstream, price: dict[str, Any], **more: Any) -> dict[str, Any]:
    here = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "networks": ["127.0.0.0/8"], "retries": 0}
    return {
        "detection": {"raises": {"phi": ["ssn"]}, "timeout_ms": 2000},
        "deployments": {
            "inside": here | {"model": "in", "lane": "own", "machine_hour": 0.36},
            "outside": here | {"model": "out", "lane": "closed", "price": price},
            "holding": here | {"model": "hold", "lane": "closed", "price": price} | RESPONSES,
        },
        "aliases": {"plain": ["outside", "inside"]},
        "routes": {"legal": {"candidates": ["inside"], "labels": ["confidential"]}},
        "keys": {"required": False},
    } | more


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    upstream.scripts |= {"in": talk, "out": talk}
    folder = tmp_path_factory.mktemp("lineage")
    with running(folder, settings(upstream, price), {"WYE_BOOTSTRAP_KEY": KEY}) as running_:
        yield running_


def turn(gateway: Running, session: str, said: str = PLAIN, model: str = "plain", **fields: Any) -> Any:
    headers = {"x-wye-session": session} | fields.pop("headers", {})
    return gateway.record(ask(gateway, said, model, headers, **fields))


def test_a_label_sticks_to_the_session(gateway: Running) -> None:
    first = turn(gateway, "a", headers={"x-wye-label": "phi"})
    assert (first["deployment"], first["origins"]) == ("inside", ["phi=header"])
    then = turn(gateway, "a")
    assert (then["deployment"], then["origins"]) == ("inside", ["phi=session"])
    assert turn(gateway, "b")["deployment"] == "outside"


def test_what_was_found_sticks_to_the_session(gateway: Running) -> None:
    assert turn(gateway, "c", SSN)["origins"] == ["phi=detector:national_id", "phi=detector:ssn"]
    assert turn(gateway, "c")["origins"] == ["phi=session"]


def test_a_routes_label_sticks_on_another_route(gateway: Running) -> None:
    assert turn(gateway, "d", model="legal")["origins"] == ["confidential=route"]
    then = turn(gateway, "d")
    assert (then["deployment"], then["origins"]) == ("inside", ["confidential=session"])


def test_a_label_that_somebody_named_sticks_though_it_is_the_default(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path: Path
) -> None:
    public, confidential = {"x-wye-label": "public"}, {"x-wye-label": "confidential"}
    upstream.scripts |= {"in": talk, "out": talk}
    changed = settings(upstream, price, default_label="confidential")
    del changed["detection"]
    with running(tmp_path, changed) as gateway:
        assert turn(gateway, "a")["deployment"] == "inside"
        assert turn(gateway, "a", headers=public)["deployment"] == "outside"  # only a default
        first = turn(gateway, "b", headers=confidential)
        assert (first["deployment"], first["origins"]) == ("inside", ["confidential=header"])
        then = turn(gateway, "b", headers=public)
        assert (then["deployment"], then["origins"]) == ("inside", ["public=header", "confidential=session"])


def test_what_was_found_sticks_though_it_is_the_default(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path: Path
) -> None:
    public = {"x-wye-label": "public"}
    upstream.scripts |= {"in": talk, "out": talk}
    with running(tmp_path, settings(upstream, price, default_label="phi")) as gateway:
        assert turn(gateway, "a")["deployment"] == "inside"
        assert turn(gateway, "a", headers=public)["deployment"] == "outside"  # only a default
        first = turn(gateway, "b", SSN)
        assert (first["deployment"], first["origins"]) == (
            "inside",
            ["phi=detector:national_id", "phi=detector:ssn"],
        )
        then = turn(gateway, "b", headers=public)
        assert (then["deployment"], then["origins"]) == ("inside", ["public=header", "phi=session"])
        said = turn(gateway, "c", "Please tell me.".lower())
        assert (said["deployment"], said["answer_labels"]) == ("inside", ["phi"])
        assert turn(gateway, "c", headers=public)["deployment"] == "inside"


def test_a_session_is_its_accounts_own(gateway: Running) -> None:
    key = {"authorization": f"Bearer {KEY}"}
    turn(gateway, "e", headers={"x-wye-label": "phi"})
    told = ask(gateway, PLAIN, "plain", {"x-wye-session": "e"} | key)
    assert gateway.record(told, key)["deployment"] == "outside"


def test_a_conversation_without_a_name_is_known_by_how_it_begins(gateway: Running) -> None:
    first = {"role": "user", "content": "Which colours does the flag of Sweden have?"}
    begun = gateway.chat("plain", {"x-wye-label": "phi"}, messages=[first])
    assert gateway.record(begun)["deployment"] == "inside"
    other = gateway.record(gateway.chat("plain", messages=[first]))
    assert other["deployment"] == "outside"  # somebody begins with the same question
    further = [first, {"role": "assistant", "content": "Blue."}, {"role": "user", "content": "Any other?"}]
    record = gateway.record(gateway.chat("plain", messages=further))
    assert (record["deployment"], record["origins"]) == ("inside", ["phi=session"])


@pytest.mark.parametrize("stream", [False, True])
def test_what_an_answer_says_labels_what_goes_on_from_it(gateway: Running, *, stream: bool) -> None:
    session = f"answer-{stream}"
    record = turn(gateway, session, "Please tell me.".lower(), stream=stream)
    assert (record["deployment"], record["labels"]) == ("outside", ["internal"])
    assert (record["answer_labels"], record["origins"]) == (
        ["phi"],
        ["phi=answer:national_id", "phi=answer:ssn"],
    )
    then = turn(gateway, session)
    assert (then["deployment"], then["origins"]) == ("inside", ["phi=session"])


def test_an_answer_that_says_nothing_labels_nothing(gateway: Running) -> None:
    record = turn(gateway, "f", stream=True)
    assert "answer_labels" not in record
    assert turn(gateway, "f")["deployment"] == "outside"


def test_an_answer_that_nobody_looked_at_counts_as_found(gateway: Running, upstream: FakeUpstream) -> None:
    """The process dies while the answer is under way."""

    @upstream.script("out")
    async def dies(call: Call) -> None:
        killed(gateway)
        await talk(call)

    try:
        record = turn(gateway, "g", stream=True)
    finally:
        upstream.scripts["out"] = talk
    looks(gateway)
    assert record["answer_labels"] == ["phi"]
    assert record["origins"] == ["phi=answer:crashed"]
    assert turn(gateway, "g")["deployment"] == "inside"


def test_an_answer_that_was_cut_short_labels_what_goes_on_from_it(
    gateway: Running, upstream: FakeUpstream
) -> None:
    """Its upstream holds it: what goes on brings its id, and nothing else to know it by."""

    @upstream.script("hold")
    async def holds(call: Call) -> None:
        begun = {"type": "response.created", "response": {"id": "resp_cut", "object": "response"}}
        said = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": HIM}
        await call.begin_stream()
        for event in (begun, said):
            await call.event(b"data: %b\n\n" % json.dumps(event).encode())
        await asyncio.sleep(60)

    body = {"model": "holding", "input": PLAIN, "stream": True}
    with contextlib.closing(gateway.connect()) as connection:
        connection.request("POST", "/v1/responses", json.dumps(body), {"content-type": "application/json"})
        answered = connection.getresponse()
        assert b"resp_cut" in answered.read(100)
        id_ = str(answered.headers["x-wye-decision"])
    until(lambda: gateway.ask("GET", f"/v1/wye/requests/{id_}").status == 200)
    went_on = {"model": "holding", "input": "And?", "previous_response_id": "resp_cut"}
    refused = gateway.ask("POST", "/v1/responses", went_on)
    assert refused.status == 403, refused.body
    assert "phi" in refused.error["message"]


def test_explain_says_where_labels_come_from(gateway: Running) -> None:
    record = turn(gateway, "h", "please tell me")
    command = [sys.executable, "-m", "wye", "explain", record["id"], "--state-dir", str(gateway.state)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=gateway.state).stdout
    told = " ".join(told.split())
    assert "labelled by phi=answer:national_id" in told
    assert "raised phi for what goes on from it" in told


def test_labels_outlive_a_killed_gateway(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By name, and by how it begins; what is forgotten beyond the bound can be labelled, before and after."""
    config = settings(upstream, price, detection={})
    upstream.scripts |= {"in": talk, "out": talk}
    folder = tmp_path_factory.mktemp("restarting")
    on = [{"role": "assistant", "content": "Yes."}, {"role": "user", "content": "And now?"}]
    first, second, third = ({"role": "user", "content": f"Is {n} a prime?"} for n in (7, 11, 13))
    with running(folder, config) as gateway:
        turn(gateway, "plain-one")
        assert not (gateway.state / FILE).exists()  # nothing is labelled, nothing is written
        assert turn(gateway, "ward-seven", headers={"x-wye-label": "phi"})["deployment"] == "inside"
        gateway.record(gateway.chat("plain", {"x-wye-label": "phi"}, messages=[first]))
        gateway.process.kill()
        gateway.process.wait()
        written = (gateway.state / FILE).read_bytes()
        assert b"prime" not in written
        assert b"ward" not in written
        assert (gateway.state / FILE).stat().st_mode & 0o777 == 0o600
    config |= {"lineage": {"conversations": 2, "forgotten": ["confidential"]}, "default_label": "public"}
    with running(folder, config) as gateway:
        record = turn(gateway, "ward-seven")
        assert (record["deployment"], record["origins"]) == ("inside", ["phi=session"])
        assert record["labels"] == ["phi", "public"]  # the default of before does not stick
        record = gateway.record(gateway.chat("plain", messages=[first, *on]))
        assert (record["deployment"], record["origins"]) == ("inside", ["phi=session"])
        assert gateway.record(gateway.chat("plain", messages=[second]))["deployment"] == "outside"
        assert gateway.record(gateway.chat("plain", messages=[second, *on]))["deployment"] == "outside"
        gateway.record(gateway.chat("plain", messages=[third]))
        gateway.record(gateway.chat("plain", messages=[third, *on]))
        record = gateway.record(gateway.chat("plain", messages=[first, *on]))
        assert (record["deployment"], record["origins"]) == ("inside", ["confidential=session:forgotten"])
        assert json.dumps(record).count("prime") == 0


class Turn:
    """All that a lineage asks of a request."""

    def __init__(self, name: bytes, account: str = "k") -> None:
        self.mark = account, name
        self.request = Request("openai_chat", Operation.CHAT, "m", b"")
        self.arrival = self
        self.session = name

    def conversation(self) -> tuple[str, bytes]:
        return self.mark


class Clocks:
    """How long the machine runs, and what time it is."""

    def __init__(self) -> None:
        self.up, self.wall = 100.0, 1_790_000_000.0

    def pass_(self, hours: float) -> None:
        self.up, self.wall = self.up + hours * 3600, self.wall + hours * 3600

    def lineage(self, folder: Path, **fields: Any) -> Lineage:
        file = RememberedFile(folder / FILE)
        return Lineage(file, LineageSettings(**fields), lambda: self.up, lambda: self.wall)


def labels(lineage: Lineage, name: bytes, account: str = "k") -> Labels:
    return lineage.of(cast("Session", Turn(name, account)), LineageSettings()).labels


def learn(lineage: Lineage, name: bytes, *labels: str, account: str = "k", **fields: Any) -> None:
    session = cast("Session", Turn(name, account))
    lineage.learn(session, frozenset(labels), LineageSettings(**fields))


def test_a_restart_forgets_neither_too_early_nor_never(tmp_path: Path) -> None:
    clocks = Clocks()
    lineage = clocks.lineage(tmp_path)
    learn(lineage, b"a", "phi")
    clocks.pass_(1)
    learn(lineage, b"a")  # goes on: too soon to be written down anew
    learn(lineage, b"a", "phi")
    assert (tmp_path / FILE).read_bytes().count(b"\n") == 2
    clocks.pass_(20)
    clocks.up = 5.0
    again = clocks.lineage(tmp_path)
    assert labels(again, b"a") == {"phi"}
    assert labels(again, b"a", "other") == frozenset()
    clocks.pass_(4)
    assert labels(clocks.lineage(tmp_path), b"a") == {"phi"}  # its last turn was 24 hours ago
    clocks.pass_(1)
    assert labels(clocks.lineage(tmp_path), b"a") == frozenset()


def test_every_label_is_written_down_as_it_comes(tmp_path: Path) -> None:
    clocks = Clocks()
    lineage = clocks.lineage(tmp_path)
    learn(lineage, b"a", "phi")
    learn(lineage, b"a", "secret")
    assert labels(clocks.lineage(tmp_path), b"a") == {"phi", "secret"}


def test_a_clock_that_was_put_back_forgets_nothing(tmp_path: Path) -> None:
    clocks = Clocks()
    learn(clocks.lineage(tmp_path), b"a", "phi")
    clocks.wall -= 1e9
    assert labels(clocks.lineage(tmp_path), b"a") == {"phi"}


def test_the_file_is_bounded_as_the_memory_is(tmp_path: Path) -> None:
    clocks = Clocks()
    lineage = clocks.lineage(tmp_path)
    learn(lineage, b"mine", "phi", account="mine", conversations=100)
    for number in range(3_000):
        learn(lineage, b"%d" % number, "phi", conversations=100)
    assert (tmp_path / FILE).read_bytes().count(b"\n") < 1_003
    again = clocks.lineage(tmp_path, conversations=100)
    assert labels(again, b"mine", "mine") == {"phi"}
    assert [n for n in range(3_000) if labels(again, b"%d" % n)] == list(range(2_901, 3_000))


def test_a_label_that_cannot_be_written_down_lets_nothing_pass(tmp_path: Path) -> None:
    clocks = Clocks()
    lineage = clocks.lineage(tmp_path / "away")
    with pytest.raises(LedgerError, match="remembers what conversations are labelled with: cannot be wri"):
        learn(lineage, b"a", "phi")
    assert labels(lineage, b"a") == {"phi"}
    (tmp_path / "away").mkdir()
    learn(lineage, b"a", "phi")  # the next turn tries again
    assert labels(clocks.lineage(tmp_path / "away"), b"a") == {"phi"}
