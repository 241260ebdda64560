"""Run inside a network namespace of its own: `unshare -rn python ways.py FOLDER`.

Every way a request could leave by - straight, fallback, retry, hedge, spill, cascade with its gate, `auto`
with its shadow and judge - asked by requests that must stay: by their label, with detection off and on, and
by what they say, with the detector finding it, late, and crashed. (wye keeps no answers, so no cache is one.)
The outside is `namespace.Outside`: on a public address that exists in this namespace only.

Prints one JSON object: by state, connections outside, attempts that nobody accepted, and the statuses.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fake_upstream import Call, FakeUpstream  # found through the line above
from gateway import test_inspection as inspection
from gateway.gated import certify
from routing.granted import grant
from running import Answered, Running, running
from system.namespace import PUBLIC, Outside, attempts, interfaces_up
from wye.config.strategies import GateSettings
from wye.routing.certificate import Arm

PRICE = {"input": 2, "output": 10, "as_of": "2026-11-22"}
WAYS = ("plain", "fallback", "hedge", "spill", "cascade", "auto")
AT_ONCE = 4
SHADOW_SECONDS = 10.0


def settings(inside: FakeUpstream, outside: Outside, **detection: Any) -> dict[str, Any]:
    """Those of the tests of detection, the outside being outside, and a lone own slot that spills."""
    made = inspection.settings(inside, PRICE, **detection)
    for deployment in made["deployments"].values():
        if deployment["lane"] != "own":
            del deployment["networks"]
            deployment["base_url"] = f"http://{PUBLIC}:{outside.fake.port}/v1"
        else:
            deployment["retries"] = int(deployment["model"] == "broken")
    made["deployments"]["lone"] = made["deployments"]["slow"] | {"concurrency": 1, "queue": 0}
    made["aliases"]["spill"] = ["lone", "outside"]
    return made


@contextmanager
def gateway(folder: Path, made: dict[str, Any], outside: Outside) -> Iterator[Running]:
    grant(folder / "state", strong=Arm("big", "big"), weak=Arm("small", "small"))
    certify(folder / "state", "cascade", "outside", "inside", GateSettings(ask=("second",)))
    proxy = f"http://{PUBLIC}:{outside.fake.port}"
    with running(folder, made, {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy}) as started:
        yield started


def by_every_way(
    here: Running, said: str, headers: dict[str, str], before_each: Callable[[str], object] = lambda _: None
) -> list[Answered]:
    """Ask by each way, whole and streamed; by `spill` several at once. Waits for the shadows."""
    answers: list[Answered] = []
    for number, way in enumerate(WAYS):
        before_each(way)

        def ask(turn: int, way: str = way, number: int = number) -> Answered:
            text = f"{said} {number} {turn} {time.monotonic_ns()}"
            return inspection.ask(here, text, way, headers, stream=turn % 2 == 1)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers += pool.map(ask, range(AT_ONCE if way == "spill" else 2))
    deadline = time.monotonic() + SHADOW_SECONDS
    while "wye_shadows_waiting 0" not in here.metrics() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    return answers


def main(folder: Path) -> None:
    interfaces_up()
    inside, outside = FakeUpstream(), Outside()
    inside.scripts |= dict.fromkeys(("small", "slow"), inspection.answer)
    outside.fake.scripts |= dict.fromkeys(inspection.OUTSIDE, inspection.answer)

    @inside.script("broken")
    async def broken(call: Call) -> None:
        await call.answer(500, {"error": {"message": "no"}})

    told: dict[str, Any] = {}

    def count(name: str, asked: Callable[[], list[Answered]], here: Running) -> None:
        def unexplained() -> int:
            return attempts() - inside.connections - outside.connections - here_asked[0]

        here_asked = [0]
        real = here.connect

        def connect(*given: Any, **named: Any) -> Any:
            here_asked[0] += 1
            return real(*given, **named)

        before = outside.connections, unexplained(), sum(outside.fake.seen.values())
        here.connect = connect  # type: ignore[method-assign]
        try:
            answers = asked()
        finally:
            here.connect = real  # type: ignore[method-assign]
        told[name] = {
            "outside": outside.connections - before[0],
            "unexplained": unexplained() - before[1],
            "served": sum(outside.fake.seen.values()) - before[2],
            "statuses": sorted(Counter(answer.status for answer in answers).items()),
        }

    phi = {"x-wye-label": "phi,confidential"}
    with gateway(folder / "off", settings(inside, outside) | {"detection": {}}, outside) as here:
        count("labelled, detection off", lambda: by_every_way(here, inspection.SSN, phi), here)
    with gateway(folder / "on", settings(inside, outside), outside) as here:
        inspection.looks(here)
        count("labelled, detection on", lambda: by_every_way(here, inspection.PLAIN, phi), here)
        count("found", lambda: by_every_way(here, inspection.SSN, {}), here)
        with inspection.late(here):
            count("late", lambda: by_every_way(here, inspection.PLAIN, {}), here)

        def kill(_: str) -> None:
            inspection.killed(here)

        with inspection.crashed(here):
            count("crashed", lambda: by_every_way(here, inspection.PLAIN, {}, kill), here)
        marks: dict[str, int] = {}

        def mark(way: str) -> None:
            marks[way] = sum(outside.fake.seen.values())

        count("may leave", lambda: by_every_way(here, inspection.PLAIN, {}, mark), here)
        ends = [*marks.values(), sum(outside.fake.seen.values())][1:]
        told["by way"] = {way: end - marks[way] for way, end in zip(marks, ends, strict=True)}
    print(json.dumps(told))  # noqa: T201  # the result, read by the test


if __name__ == "__main__":
    main(Path(sys.argv[1]))
