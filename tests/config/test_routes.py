"""Routes that cannot do what they say are told of, with line and fix."""

import re
import sys
from pathlib import Path

import pytest

from wye.config.hook import imported
from wye.config.load import ConfigError, from_bytes, load, read
from wye.config.problems import Problem

BASE = """\
deployments:
  small: {base_url: http://127.0.0.1:1/v1, lane: own, model: small, profile: {tags: [code, legal]}}
  large: {base_url: http://127.0.0.1:2/v1, lane: own, model: large}
  other: {base_url: http://127.0.0.1:3/v1, lane: own, model: other}
aliases:
  both: [small, large]
tasks:
  contracts: {examples: [Review this lease.]}
"""
LINES = BASE.count("\n")


def problems(text: str) -> list[Problem]:
    try:
        return list(from_bytes((BASE + text).encode(), Path("wye.yaml"), {}).warnings)
    except ConfigError as error:
        return list(error.problems)


def only(text: str) -> Problem:
    found = problems(text)
    assert len(found) == 1, found
    return found[0]


GOOD = """\
routes:
  work:
    candidates: [both, other]
    strong: large
    objective: {best: weighed, weights: {quality: 1, cost: 10, latency: 0.1}, ttft_ms: 800}
    gate: {ask: [small, other]}
    shadow: {judge: openai/gpt-5.5}
    hedge: {after_ms: 500}
    hook: "os.path:join"
    rules:
      - {when: {tasks: [code, contracts]}, tags: [legal], objective: {best: quality, cost: 0.01}}
      - {weights: {both: 3, other: 0}}
      - {use: [small], canary: {large: 33.3, other: 66.7}}
auto:
  rules:
    - {canary: {openai/gpt-5.5: 5}}
"""


def test_what_is_good_has_no_problem() -> None:
    assert problems(GOOD) == []


FATAL = [
    (
        "auto: {rules: [{canary: {smal: 5}}]}",
        "auto.rules[0].canary.smal",
        "there is no deployment or alias 'smal'",
        "small",
    ),
    (
        "auto: {rules: [{weights: {nope/x: 5}}]}",
        "auto.rules[0].weights.nope/x",
        "there is no provider 'nope'",
        "",
    ),
    ("auto: {strong: larg}", "auto.strong", "there is no deployment or alias 'larg'", "large"),
    ("auto: {gate: {ask: [smal]}}", "auto.gate.ask[0]", "there is no deployment or alias 'smal'", "small"),
    ("auto: {shadow: {judge: smal}}", "auto.shadow.judge", "there is no deployment or alias 'smal'", "small"),
    (
        "auto: {rules: [{canary: {small: 60, large: 40.5}}]}",
        "auto.rules[0].canary",
        "adds up to 100.5 percent",
        "at most 100",
    ),
    ("auto: {rules: [{canary: {small: 101}}]}", "auto.rules[0].canary.small", "a number <= 100.0", ""),
    ("auto: {rules: [{canary: {small: -1}}]}", "auto.rules[0].canary.small", "a number >= 0.0", ""),
    ("auto: {rules: [{canary: {small: }}]}", "auto.rules[0].canary.small", "a number", ""),
    ("auto: {rules: [{weights: {small: 0}}]}", "auto.rules[0].weights", "are all 0", "share"),
    (
        "auto: {candidates: [both], strong: other}",
        "auto.strong",
        "'other' is not among the candidates",
        "Add",
    ),
    (
        "auto: {candidates: [both], rules: [{canary: {other: 5}}]}",
        "auto.rules[0].canary.other",
        "not among",
        "Add",
    ),
    (
        "auto: {candidates: [both], rules: [{weights: {other: 5}}]}",
        "auto.rules[0].weights.other",
        "not among",
        "Add",
    ),
    ("auto: {gate: {ask: []}}", "auto.gate.ask", "is empty", ""),
    (
        "auto: {strong: both, gate: {ask: [small]}}",
        "auto.gate.ask[0]",
        "is the strong one",
        "another open model",
    ),
    (
        "auto: {strong: large, shadow: {judge: large}}",
        "auto.shadow.judge",
        "which it would judge",
        "another family",
    ),
    ("auto: {candidates: [both], strong: both, gate: {ask: [other]}}", "auto.gate", "no weak one", "Add"),
    ("auto: {candidates: [both], strong: both, shadow: {}}", "auto.shadow", "no weak one", "Add"),
    ("auto: {candidates: [small], hedge: {after_ms: 5}}", "auto.hedge", "has one candidate", "Add"),
    ("auto: {hook: nothing}", "auto.hook", "`module:function`", ""),
    ("auto: {hook: 'no_such_module:f'}", "auto.hook", "there is no module 'no_such_module'", ""),
    ("auto: {hook: 'os.path:nothing'}", "auto.hook", "has no function 'nothing'", ""),
    ("auto: {hook: 'os.path:sep'}", "auto.hook", "has no function 'sep'", ""),
    ("auto: {objective: {best: weighed}}", "auto.objective", "needs weights", "weights:"),
    ("auto: {objective: {best: best}}", "auto.objective.best", "must be one of", ""),
    ("auto: {objective: {cost: -1}}", "auto.objective.cost", "must not be negative", ""),
    ("auto: {objective: {quality: 2}}", "auto.objective.quality", "a number <= 1", ""),
    (
        "auto: {objective: {best: weighed, weights: {qualty: 1, cost: 1}}}",
        "auto.objective.weights.qualty",
        "no such field",
        "quality",
    ),
    (
        "auto: {rules: [{when: {tasks: [coding]}, lanes: [own]}]}",
        "auto.rules[0].when.tasks[0]",
        "no kind of work 'coding'",
        "code",
    ),
    (
        "auto: {rules: [{when: {tasks: []}, lanes: [own]}]}",
        "auto.rules[0].when.tasks",
        "never holds",
        "kind of work",
    ),
]


@pytest.mark.parametrize(("text", "path", "what", "fix"), FATAL, ids=[f"{p} {w}" for _, p, w, _ in FATAL])
def test_mistakes_are_named_with_place_and_fix(text: str, path: str, what: str, fix: str) -> None:
    problem = only(text)
    assert problem.fatal
    assert (problem.file, problem.line, problem.path) == ("wye.yaml", LINES + 1, path)
    assert what in problem.what
    assert fix in problem.fix


def test_what_decides_nothing_imports_no_hook(tmp_path: Path) -> None:
    """The ledger's readers must not need what only the gateway has on its path."""
    config = tmp_path / "wye.yaml"
    config.write_text("auto: {hook: 'no_such_module:f'}")
    assert load(config).auto.hook == "no_such_module:f"
    with pytest.raises(ConfigError, match="there is no module 'no_such_module'"):
        read(config)


WARNINGS = [
    ("auto: {rules: [{tags: [medical]}]}", "auto.rules[0].tags[0]", "no deployment has the tag 'medical'"),
    (
        "auto: {candidates: [both], rules: [{use: [other]}]}",
        "auto.rules[0].use[0]",
        "not among the candidates",
    ),
    (
        "auto: {rules: [{weights: {small: 1}, objective: {best: fastest}}]}",
        "auto.rules[0].objective",
        "the weights set",
    ),
    ("auto: {rules: [{name: idle}]}", "auto.rules[0]", "changes nothing"),
    ("auto: {objective: {weights: {cost: 1}}}", "auto.objective.weights", "count only with `best: weighed`"),
    ("auto: {candidates: [both], shadow: {judge: small}}", "auto.shadow.judge", "is a candidate"),
]


@pytest.mark.parametrize(("text", "path", "what"), WARNINGS, ids=[f"{p} {w}" for _, p, w in WARNINGS])
def test_what_does_nothing_is_warned_of(text: str, path: str, what: str) -> None:
    problem = only(text)
    assert not problem.fatal
    assert (problem.line, problem.path) == (LINES + 1, path)
    assert what in problem.what


@pytest.mark.parametrize(
    ("examples", "path", "what"),
    [
        ("  code: {examples: [a]}", "tasks.code", "wye knows already"),
        ("  leases: {examples: []}", "tasks.leases.examples", "a list of length >= 1 is expected here"),
        ("  leases:", "tasks.leases", "needs the field 'examples'"),
    ],
)
def test_kinds_of_work(examples: str, path: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_bytes(f"tasks:\n{examples}\n".encode(), Path("wye.yaml"), {})
    (problem,) = caught.value.problems
    assert (problem.line, problem.path) == (2, path)
    assert what in problem.what


MODULES = {
    "hook_raises": "raise RuntimeError('not today')",
    "hook_exits": "import sys\nsys.exit(3)",
    "hook_needs": "import no_such_module_either",
    "hook_shapes": "async def late(asked, offers): ...\ndef short(asked): ...\n"
    "def good(asked, offers): return []",
}


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        ("hook_raises:f", "importing 'hook_raises' failed: RuntimeError: not today"),
        ("hook_exits:f", "importing 'hook_exits' failed: SystemExit: 3"),
        ("hook_needs:f", "there is no module 'no_such_module_either'"),
        ("hook_shapes:late", "is an async function"),
        ("hook_shapes:short", "must take two arguments"),
        ("hook shapes:good", "is written `module:function`"),
    ],
)
def test_a_hook_that_cannot_be_had(
    hook: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=re.escape(why)):
        imported(hook)
    assert imported("hook_shapes:good")(None, None) == []
