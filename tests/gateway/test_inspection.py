"""What stands in a request decides where it goes, by every way it could leave."""

import asyncio
import contextlib
import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_upstream import CHAT, Call, FakeUpstream
from gateway.gated import SEVERAL, certify
from policy.test_judge import deployment
from routing.granted import grant
from running import Answered, Running, running
from wye.config.detection import DetectionSettings
from wye.config.governance import ComplianceSettings, PolicySettings
from wye.config.labels import ALL_LANES, LabelRule
from wye.config.settings import LedgerSettings, ResponsesSettings, Settings
from wye.config.strategies import GateSettings
from wye.core.lane import Lane
from wye.gateway.inspection import Inspection
from wye.gateway.inspectors import Inspectors
from wye.policy import Policy
from wye.routing.certificate import Arm

SSN = "My social security number is 219-09-9999."
PLAIN = "Compare bubble sort and merge sort."
OUTSIDE = ("big", "second", "referee")
TIMEOUT = 0.3
SECONDS = 60.0
"""A process that died seven times is started again after five; then it reads its tables."""
NUMBERS = itertools.count(3)


async def answer(call: Call) -> None:
    said = '{"first": 9, "second": 9}' if call.name == "referee" else "The answer is 4."
    if call.name == "slow":
        await asyncio.sleep(0.3)
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
    await call.answer(body=CHAT | {"choices": [choice]})


def settings(upstream: FakeUpstream, price: dict[str, Any], **detection: Any) -> dict[str, Any]:
    here = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "networks": ["127.0.0.0/8"], "retries": 0}
    inside, outside = here | {"lane": "own", "machine_hour": 0.36}, here | {"lane": "closed", "price": price}
    strong = outside | {"profile": {"strong": True}}
    raises = {"phi": ["ssn"], "confidential": ["secret"]}
    return {
        "detection": {"raises": raises, "timeout_ms": 1000 * TIMEOUT, "max_kb": 8} | detection,
        "deployments": {
            "inside": inside | {"model": "small"},
            "slow": inside | {"model": "slow"},
            "broken": inside | {"model": "broken"},
            "second": outside | {"model": "second"},
            "claude-referee": outside | {"model": "referee"},
            "outside": strong | {"model": "big"},
        },
        "aliases": {"plain": ["outside", "inside"], "fallback": ["broken", "outside"]},
        **SEVERAL,
    }


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    @upstream.script("broken")
    async def broken(call: Call) -> None:
        await call.answer(500, {"error": {"message": "no"}})

    upstream.scripts |= dict.fromkeys(("small", "slow", *OUTSIDE), answer)
    folder = tmp_path_factory.mktemp("inspection")
    grant(folder / "state", strong=Arm("big", "big"), weak=Arm("small", "small"))
    certify(folder / "state", "cascade", "outside", "inside", GateSettings(ask=("second",)))
    with running(folder, settings(upstream, price)) as running_:
        yield running_


def ask(gateway: Running, said: Any, model: str = "plain", headers: Any = None, **fields: Any) -> Answered:
    return gateway.chat(model, headers, messages=[{"role": "user", "content": said}], **fields)


def outside(upstream: FakeUpstream) -> int:
    return sum(upstream.seen[name] for name in OUTSIDE)


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def inspector(gateway: Running) -> int:
    """The process that looks into requests, once there is one."""
    found: list[int] = []

    def look() -> bool:
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError, IndexError):
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == gateway.process.pid and b"wye.gateway.inspector" in (
                    process / "cmdline"
                ).read_bytes().split(b"\0"):
                    found.append(int(process.name))
        return bool(found)

    until(look)
    return found[0]


def killed(gateway: Running) -> None:
    """Kill it; one that was dying when it was found and is gone by now does not count."""

    def kill() -> bool:
        with contextlib.suppress(ProcessLookupError):
            os.kill(inspector(gateway), signal.SIGKILL)
            return True
        return False

    until(kill)


def looks(gateway: Running) -> None:
    """Wait until content is looked at again."""
    asks = (ask(gateway, f"Is {number} a prime?") for number in NUMBERS)  # no body is looked at twice
    until(lambda: gateway.record(next(asks))["labels"] == ["internal"])


@contextlib.contextmanager
def late(gateway: Running) -> Iterator[str]:
    pid = inspector(gateway)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield "late"
    finally:
        with contextlib.suppress(ProcessLookupError):  # it was taken for one that hangs
            os.kill(pid, signal.SIGCONT)
        looks(gateway)


@contextlib.contextmanager
def crashed(gateway: Running) -> Iterator[str]:
    try:
        yield "crashed"
    finally:
        looks(gateway)


@contextlib.contextmanager
def finding(_: Running) -> Iterator[str]:
    yield "national_id"


WAYS = ("plain", "fallback", "hedge", "cascade", "auto")


@pytest.mark.parametrize("way", WAYS)
def test_each_way_leads_outside_where_nothing_is_found(
    gateway: Running, upstream: FakeUpstream, way: str
) -> None:
    before = outside(upstream)
    answered = ask(gateway, f"{PLAIN} {way}", way)
    assert answered.status == 200
    assert gateway.record(answered)["labels"] == ["internal"]
    until(lambda: outside(upstream) > before)
    if way == "auto":
        until(lambda: upstream.seen["referee"] > 0)


@pytest.mark.parametrize("model", ["small", "big"])
def test_a_judge_outside_reads_no_answer_that_raises_a_label(
    gateway: Running, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    async def tells(call: Call) -> None:
        choice = {"index": 0, "message": {"role": "assistant", "content": SSN}, "finish_reason": "stop"}
        await call.answer(body=CHAT | {"choices": [choice]})

    until(lambda: "wye_shadows_waiting 0" in gateway.metrics())
    monkeypatch.setitem(upstream.scripts, model, tells)
    before = upstream.seen["referee"], upstream.seen["small"], upstream.seen["big"]
    assert ask(gateway, f"{PLAIN} Again, {model}.", "auto").status == 200
    until(lambda: upstream.seen["small"] > before[1] and upstream.seen["big"] > before[2])
    until(lambda: "wye_shadows_waiting 0" in gateway.metrics())
    time.sleep(0.3)
    assert upstream.seen["referee"] == before[0]


@pytest.mark.parametrize("state", [finding, late, crashed])
def test_nothing_goes_outside_by_any_way(
    gateway: Running, upstream: FakeUpstream, state: Callable[[Running], Any]
) -> None:
    said = SSN if state is finding else PLAIN
    until(lambda: "wye_shadows_waiting 0" in gateway.metrics())
    before, answers = outside(upstream), {}
    with state(gateway) as why:
        for way in WAYS:
            if state is crashed:
                killed(gateway)
            answers[way] = ask(gateway, f"{said} {way} {why}", way)
        time.sleep(0.1)
        assert outside(upstream) == before
    for way, answered in answers.items():
        record = gateway.record(answered)
        assert answered.status == (502 if way == "fallback" else 200)
        assert f"phi=detector:{why}" in record["origins"]
        assert ("confidential" in record["labels"]) == (state is not finding)


def test_what_is_larger_than_is_looked_at_stays_inside(gateway: Running, upstream: FakeUpstream) -> None:
    before = outside(upstream)
    record = gateway.record(ask(gateway, "sort " * 2_000))
    assert (record["deployment"], outside(upstream)) == ("inside", before)
    assert record["origins"] == ["confidential=detector:too large", "phi=detector:too large"]


def test_a_picture_cannot_be_looked_at(gateway: Running) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/x-ray.png"}}
    record = gateway.record(ask(gateway, [picture, {"type": "text", "text": PLAIN}]))
    assert record["origins"] == ["confidential=detector:media", "phi=detector:media"]


def test_nobody_looks_where_it_changes_nothing(gateway: Running) -> None:
    def count() -> int:
        told = [line for line in gateway.metrics().splitlines() if "wye_inspections_total" in line]
        return int(sum(float(line.rpartition(" ")[2]) for line in told if not line.startswith("#")))

    before = count()
    for labels in ("phi,confidential", "phi"):
        record = gateway.record(ask(gateway, SSN, headers={"x-wye-label": labels}))
        assert record["deployment"] == "inside"
        assert record["origins"] == [f"{label}=header" for label in sorted(labels.split(","))]
    assert count() == before


def test_metrics_say_what_became_of_it(gateway: Running) -> None:
    ask(gateway, PLAIN)
    told = gateway.metrics()
    assert 'wye_inspections_total{outcome="looked"}' in told
    assert "wye_inspection_seconds_total" in told


@pytest.mark.parametrize("set_", ["eu-only", "gdpr", "hipaa", "internal-default"])
@pytest.mark.parametrize("phi", [LabelRule(ALL_LANES, mask="all"), LabelRule(ALL_LANES), LabelRule()])
def test_somebody_looks_wherever_it_could_change_what_a_set_permits(set_: str, phi: LabelRule) -> None:
    """A set asks for facts: those of a deployment that only a request names are not known beforehand."""
    settings = Settings(
        labels={"phi": phi},
        policy=PolicySettings(sets=(set_,)),
        compliance=(ComplianceSettings("acme", trains_on_data=False),),
    )
    for known in ((), (deployment("eu", Lane.CLOSED, region="eu"),)):
        policy, said = Policy(settings, known), frozenset({"internal"})
        late = deployment("acme/late", Lane.CLOSED, region="eu")
        before, after = (policy.extend(policy.judge(labels), late) for labels in (said, said | {"phi"}))
        assert "acme/late" in before.permitted
        if (before.permitted, before.mask) != (after.permitted, after.mask):
            looking = Settings(detection=DetectionSettings(raises={"phi": "all"}))
            looks = Inspection(looking, Inspectors(), policy)
            assert looks.matters(said)


@pytest.mark.parametrize("days", [None, 30])
@pytest.mark.parametrize("keeps", ["ledger", "responses", ""])
def test_what_stays_inside_is_looked_at_where_a_label_shortens_how_long_it_is_kept(
    keeps: str, days: int | None
) -> None:
    """A request that leaves nowhere is kept as long as its labels say, those that are found too."""
    settings = Settings(
        labels={"phi": LabelRule(retain_days=days)},
        detection=DetectionSettings(raises={"phi": "all"}),
        ledger=LedgerSettings(store_content=keeps == "ledger", retain_days=90),
        responses=ResponsesSettings(store=keeps == "responses"),
    )
    inspection = Inspection(settings, Inspectors(), Policy(settings, ()))
    assert inspection.matters(frozenset({"confidential"})) is bool(keeps and days)
    assert not inspection.matters(frozenset({"confidential", "phi"}))


def test_the_second_stage_raises_a_label_too(
    tmp_path: Path, upstream: FakeUpstream, price: dict[str, Any]
) -> None:
    said = "ich habe gestern mit Svantje gesprochen"
    for cascade, status in (("rules", 200), ("full", 403)):
        wanted = settings(upstream, price, cascade=cascade, raises={"phi": ["person"]}, timeout_ms=10_000)
        with running(tmp_path / cascade, wanted) as gateway:
            answered = gateway.chat("outside", messages=[{"role": "user", "content": said}])
            assert answered.status == status, cascade


def test_the_second_stage_has_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wye.gateway.inspectors.installed", lambda: False)
    wanted = DetectionSettings(raises={"phi": "all"}, cascade="full")
    with pytest.raises(ValueError, match="needs the extra `entities`: pip install"):
        Inspectors.wanted(wanted)
