"""Labels from shadows: both scores, and a prompt that was kept."""

import json

import msgspec

from wye.core.record import Outcome, Record
from wye.evaluation.dataset import Result
from wye.evaluation.shadowed import shadowed
from wye.routing.watch.journal import Sight

ASKED = {"messages": [{"role": "user", "content": "Explain how a lock works."}]}
KEPT = Record(
    "r1", 0.0, "r", "openai_chat", "chat", "auto", Outcome.OK, 200, 1.0,
    content=json.dumps({"request": json.dumps(ASKED), "answer": "{}"}),
)  # fmt: skip
RECORDS = {"r1": KEPT, "r2": msgspec.structs.replace(KEPT, id="r2", content="")}


def sight(
    request: str,
    strong: float | None,
    weak: float | None,
    models: tuple[str, str] = ("gpt", "llama"),
) -> Sight:
    return Sight(request, 0.0, "c1", "p1", "weak", 0.1, strong, weak, models=models)


def test_a_shadow_teaches_where_its_prompt_is_kept() -> None:
    seen = [sight("r1", 1.0, 0.5), sight("r1", 1.0, None), sight("r2", 1.0, 1.0), sight("gone", 1.0, 1.0)]
    (row,) = shadowed(seen, RECORDS.get, "gpt", "llama")
    assert row.prompt == "Explain how a lock works."
    assert row.results == {"gpt": Result(judged=1.0), "llama": Result(judged=0.5)}


def test_scores_of_other_models_teach_nothing_of_these() -> None:
    """What the route compared before; and lines of a wye that did not say whose scores they are."""
    others = [sight("r1", 1.0, 0.5, models) for models in (("gpt", "qwen"), ("llama", "qwen"), ("", ""))]
    assert list(shadowed(others, RECORDS.get, "gpt", "llama")) == []
    (row,) = shadowed([sight("r1", 1.0, 0.5, ("llama", "gpt"))], RECORDS.get, "gpt", "llama")
    assert row.results == {"llama": Result(judged=1.0), "gpt": Result(judged=0.5)}
