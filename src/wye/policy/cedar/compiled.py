"""The labels of `wye.yaml` as Cedar statements."""

from collections.abc import Iterator, Mapping

from wye.config.labels import LabelRule
from wye.core.lane import Lane
from wye.policy.cedar.statements import Statement
from wye.policy.rules import UNKNOWN_LABEL

SOURCE = "labels"
UNKNOWN = "{unknown}"
"""In a reason: the labels that nobody defined."""


def compiled(rules: Mapping[str, LabelRule]) -> tuple[Statement, ...]:
    """Return statements that permit exactly what `rules` permit.

    One permits all; each label forbids what it does not permit, so that several permit what all of them do.
    """
    texts = list(_all(rules))
    lines = [1]
    for text, *_ in texts:
        lines.append(lines[-1] + text.count("\n") + 2)
    return tuple(
        Statement(text, SOURCE, line, name, reason)
        for (text, name, reason), line in zip(texts, lines, strict=False)
    )


def _all(rules: Mapping[str, LabelRule]) -> Iterator[tuple[str, str, str]]:
    yield _statement("permit", "labels/all", "", ())
    known = _list(sorted(rules))
    yield _forbid(
        "label/unknown",
        f"unknown label {UNKNOWN} permits {UNKNOWN_LABEL.lanes[0].value}, this is {{lane}}",
        f"!({known}.containsAll(context.labels))",
        _one_of("lane", [lane.value for lane in UNKNOWN_LABEL.lanes]),
    )
    for label, rule in sorted(rules.items()):
        about = f"context.labels.contains({_text(label)})"
        lanes = [lane.value for lane in rule.lanes]
        if set(rule.lanes) != set(Lane):
            told = f"label '{label}' permits {_names(lanes, 'lane')}, this is {{lane}}"
            yield _forbid(f"label/{label}/lanes", told, about, _one_of("lane", lanes))
        if rule.providers is not None:
            names = _names(rule.providers, "provider")
            told = f"label '{label}' permits only provider {names}, this is {{processor}}"
            yield _forbid(f"label/{label}/providers", told, about, _one_of("processor", rule.providers))
        if rule.regions is not None:
            told = f"label '{label}' permits only region {_names(rule.regions, 'region')}, this is {{region}}"
            named = f"resource has region && {_one_of('region', rule.regions)}"
            yield _forbid(f"label/{label}/regions", told, about, named)


def _forbid(name: str, reason: str, when: str, unless: str) -> tuple[str, str, str]:
    return _statement("forbid", name, reason, (("when", when), ("unless", unless)))


def _statement(
    effect: str, name: str, reason: str, conditions: tuple[tuple[str, str], ...]
) -> tuple[str, str, str]:
    lines = [f"@id({_text(name)})"]
    if reason:
        lines.append(f"@reason({_text(reason)})")
    lines.append(f"{effect} (principal, action, resource)")
    lines += [f"{kind} {{ {what} }}" for kind, what in conditions]
    return "\n".join(lines) + ";", name, reason


def _one_of(attribute: str, values: tuple[str, ...] | list[str]) -> str:
    return f"{_list(values)}.contains(resource.{attribute})" if values else "false"


def _list(values: tuple[str, ...] | list[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _names(values: tuple[str, ...] | list[str], kind: str) -> str:
    return ", ".join(values) or f"no {kind}"


def _text(value: str) -> str:
    r"""Spell a string of Cedar: what is not plain ASCII as `\u{...}`."""
    plain = (c if c.isprintable() and c.isascii() and c not in '"\\' else f"\\u{{{ord(c):x}}}" for c in value)
    return f'"{"".join(plain)}"'
