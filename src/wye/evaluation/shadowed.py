"""Labels from shadowed conversations: what both models were worth, where the ledger has kept what was asked.

Without `ledger: {store_content: true}` a shadow leaves two scores and no prompt, and teaches nothing. Its
scores are a judge's, or that of an answer that is taken for right: they stand in where people gave none.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from wye.core.record import Record
from wye.evaluation.dataset import Result, Row
from wye.protocols.asked import asked
from wye.protocols.outline import Outline
from wye.routing.watch.journal import Sight


class _Content(msgspec.Struct):
    request: str = ""
    """Empty = it has been erased."""


_DECODER = msgspec.json.Decoder(_Content)


def shadowed(
    sights: Iterable[Sight], record: Callable[[str], Record | None], strong: str, weak: str
) -> Iterator[Row]:
    """Yield a row for each shadow of these two models that has both scores and whose prompt is kept."""
    for sight in sights:
        if sight.strong is None or sight.weak is None or set(sight.models) != {strong, weak}:
            continue
        found = record(sight.request)
        prompt = (
            asked(Outline(_DECODER.decode(found.content).request.encode())) if found and found.content else ""
        )
        if prompt:
            of_strong, of_weak = sight.models
            results = {of_strong: Result(judged=sight.strong), of_weak: Result(judged=sight.weak)}
            yield Row(sight.request, prompt, results, "shadows")
