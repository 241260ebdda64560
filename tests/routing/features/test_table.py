import numpy as np

from wye.routing.features.table import load


def test_the_table_has_a_row_and_a_weight_for_each_entry() -> None:
    table = load()
    assert len(table.place) == len(table.rows) == len(table.weight)
    assert table.dimensions == len(table.step)
    assert (table.weight > 0).all()
    assert (table.weight <= 1).all()


def test_common_words_weigh_less() -> None:
    table = load()
    the, of, molecule = (table.weight[table.place[word]] for word in ("the", "of", "molecule"))
    assert the < of < molecule


def test_words_of_a_kind_lie_together() -> None:
    table = load()

    def row(word: str) -> np.ndarray:
        found = table.rows[table.place[word]] * table.step
        return found / np.linalg.norm(found)

    for one, alike, other in (("physics", "chemistry", "banana"), ("dog", "cat", "tax")):
        assert row(one) @ row(alike) > row(one) @ row(other) + 0.1
