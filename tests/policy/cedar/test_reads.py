import pytest

from wye.policy.cedar.reads import reads
from wye.policy.cedar.statements import split


def _reads(condition: str, scope: str = "principal, action, resource") -> set[str]:
    found = reads(tuple(split(f"permit ({scope}) when {{ {condition} }};", "f")))
    return {
        name for name in ("principal", "action", "purpose", "size", "now", "exact") if getattr(found, name)
    }


@pytest.mark.parametrize(
    ("condition", "looked_at"),
    [
        ('context.labels.contains("a")', set()),
        ('["a", "b"].containsAll(context.labels)', set()),
        ("context.labels.isEmpty()", set()),
        ('context.labels == ["a"]', set()),
        ("context.labels.contains(resource.model)", {"exact"}),
        ("[resource.model].containsAll(context.labels)", {"exact"}),
        ("context has purpose && context.purpose == resource.model", {"purpose"}),
        ("context has purpose", {"purpose"}),
        ("context.size > 5", {"size"}),
        ('context.now < datetime("2026-01-01")', {"now"}),
        ('principal in Role::"a"', {"principal"}),
        ('action == Action::"infer"', {"action"}),
        ('if context.size > 1 then principal in Team::"a" else false', {"size", "principal"}),
        ("context == context", {"purpose", "size", "now", "exact"}),
    ],
)
def test_what_a_condition_looks_at(condition: str, looked_at: set[str]) -> None:
    assert _reads(condition) == looked_at


@pytest.mark.parametrize(
    ("condition", "dates_only"),
    [
        ("resource has baa_until && context.now < resource.baa_until", True),
        ("resource has baa_until && resource.baa_until <= context.now", True),
        ("resource has zero_retention_until && context.now == resource.zero_retention_until", True),
        ('context.now < datetime("2026-01-01")', False),
        ('resource has baa_until && context.now < resource.baa_until.offset(duration("-1h"))', False),
        ("resource has baa_until && context.now.toDate() < resource.baa_until", False),
        ("resource has baa_until && context.now < resource.baa_until && context.now == context.now", False),
        ("resource has baa_until && [context.now].contains(resource.baa_until)", False),
        ("context has now", False),
        ("context == context", False),
    ],
)
def test_when_the_time_is_held_against_nothing_but_dates(condition: str, *, dates_only: bool) -> None:
    found = reads(tuple(split(f"permit (principal, action, resource) when {{ {condition} }};", "f")))
    assert (found.now, found.dates_only) == (True, dates_only)


def test_what_a_head_looks_at() -> None:
    assert _reads("true", 'principal in Team::"a", action, resource') == {"principal"}
    assert _reads("true", 'principal, action in [Action::"infer"], resource') == {"action"}
    assert _reads("true", "principal is Key, action, resource") == {"principal"}


def test_words_are_what_stands_in_strings() -> None:
    text = 'permit (principal, action, resource) when { ["a", "b"].containsAny(context.labels) };'
    found = reads(tuple(split(text, "f")))
    assert {"a", "b"} <= found.words
    assert found.only_labels
