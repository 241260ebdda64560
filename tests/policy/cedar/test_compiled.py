from hypothesis import given
from hypothesis import strategies as st

from wye.config.labels import ALL_LANES, DEFAULT_LABELS, LabelRule
from wye.core.lane import Lane
from wye.policy.cedar.compiled import compiled
from wye.policy.cedar.sources import schema
from wye.policy.cedar.statements import problems, split


def test_the_text_is_readable() -> None:
    label = LabelRule(lanes=(Lane.OWN, Lane.CLOSED), providers=("azure",), regions=("eu", "uk"))
    statements = compiled({"phi": label})
    assert [statement.name for statement in statements] == [
        "labels/all",
        "label/unknown",
        "label/phi/lanes",
        "label/phi/providers",
        "label/phi/regions",
    ]
    assert statements[3].text == (
        '@id("label/phi/providers")\n'
        "@reason(\"label 'phi' permits only provider azure, this is {processor}\")\n"
        "forbid (principal, action, resource)\n"
        'when { context.labels.contains("phi") }\n'
        'unless { ["azure"].contains(resource.processor) };'
    )


def test_a_label_that_permits_all_needs_no_statement() -> None:
    assert len(compiled({"public": LabelRule(lanes=ALL_LANES)})) == 2


@given(st.lists(st.text(max_size=8), max_size=3), st.sampled_from(sorted(DEFAULT_LABELS)))
def test_whatever_providers_are_called_the_text_is_cedar_that_reads_back(
    names: list[str], label: str
) -> None:
    statements = compiled({label: LabelRule(lanes=ALL_LANES, providers=tuple(names), regions=tuple(names))})
    again = split("\n\n".join(statement.text for statement in statements), "labels")
    assert again == list(statements)
    assert problems(statements, schema()) == []
