"""How much a Gemini model shall think: `thinkingConfig`, in both directions.

Source: Gemini API guide "Gemini thinking". Gemini 2.5 takes a budget of tokens, each model within limits of
its own; Gemini 3 and later take a level. Those before 2.5, and Gemma, take neither.
"""

import re

from wye.core.chat import Extras, Thinking
from wye.protocols.effort import budget_of, effort_of
from wye.protocols.gemini.numbers import whole
from wye.protocols.wire.fields import Fields, overlay

AUTOMATIC = -1
"""The budget by which Gemini chooses itself."""
_UNTHINKING = re.compile(r"(?:models/)?(?:gemini-(?:1|2\.0)|gemma|learnlm)")
_BUDGETED = re.compile(r"(?:models/)?gemini-2\.5-(flash-lite|flash|pro)?")
_LIMITS = {"pro": (128, 32_768), "flash": (0, 24_576), "flash-lite": (512, 24_576)}
"""Least, unless it is none at all, and most tokens. Pro always thinks."""
_LEVELS = ("minimal", "low", "medium", "high")
_MISSING = ((re.compile(r"gemini-\S*pro"), "minimal", "low"), (re.compile(r"gemini-3-pro"), "medium", "high"))
"""Models that lack a level, and what they get instead."""
_UNSPECIFIED = "THINKING_LEVEL_UNSPECIFIED"


def read_thinking(config: Fields) -> Thinking | None:
    """Take `thinkingConfig` from a `generationConfig`."""
    told = config.fields("thinkingConfig")
    if told is None:
        return None
    budget = whole(told, "thinkingBudget")
    level = told.text("thinkingLevel")
    return Thinking(
        enabled=None if budget is None else budget != 0,
        effort="" if level == _UNSPECIFIED else level.lower(),
        budget_tokens=budget if budget is not None and budget > 0 else None,
        show=told.flag("includeThoughts"),
        extras=told.rest(),
    )


def write_thinking(thinking: Thinking, model: str, *, own: bool) -> Extras:
    """Return `thinkingConfig` for `model`; empty = none. `own`: it was read from one."""
    show = thinking.show
    if own:
        written = _as_it_was(thinking)
    elif _UNTHINKING.match(model):
        return {}
    elif budgeted := _BUDGETED.match(model):
        written = _budget(thinking, *_LIMITS[budgeted[1] or "flash"])
    else:
        written = _level(thinking, model)
    if show is None and not own and thinking.enabled and written:
        show = True  # who switches thinking on elsewhere is shown it
    return overlay(written | ({} if show is None else {"includeThoughts": show}), thinking.extras)


def lost_thinking(thinking: Thinking, model: str) -> set[str]:
    """Return what `model` is not told as it was asked: names of `lossiness.table`."""
    off = thinking.enabled is False or thinking.effort == "none"
    asked = "thinking_budget" if thinking.budget_tokens is not None else "reasoning_effort"
    if _UNTHINKING.match(model):
        return {"thinking_display", *(() if off else ("thinking", asked))}
    if budgeted := _BUDGETED.match(model):
        least, most = _LIMITS[budgeted[1] or "flash"]
        if off:
            return {"thinking"} if budgeted[1] == "pro" else set()
        budget = thinking.budget_tokens
        fits = budget is None or least <= budget <= most
        worded = {"reasoning_effort"} if thinking.effort else set()
        return worded if fits else {*worded, "thinking_budget"}
    if off:
        return {"thinking"}
    return (
        {"thinking_budget"}
        if thinking.effort == _nearest(thinking.effort, model)
        else {asked, "thinking_budget"}
    )


def _as_it_was(thinking: Thinking) -> Extras:
    written: Extras = {"thinkingLevel": thinking.effort.upper()} if thinking.effort else {}
    if thinking.budget_tokens is not None:
        written["thinkingBudget"] = thinking.budget_tokens
    elif thinking.enabled is not None:
        written["thinkingBudget"] = AUTOMATIC if thinking.enabled else 0
    return written


def _budget(thinking: Thinking, least: int, most: int) -> Extras:
    budget = thinking.budget_tokens
    if thinking.enabled is False or thinking.effort == "none":
        budget = 0
    elif budget is None and thinking.effort:
        budget = budget_of(thinking.effort)
    elif budget is None:
        return {"thinkingBudget": AUTOMATIC} if thinking.enabled else {}
    pro = most == _LIMITS["pro"][1]
    return {"thinkingBudget": 0 if budget == 0 and not pro else min(max(budget, least), most)}


def _level(thinking: Thinking, model: str) -> Extras:
    effort = thinking.effort
    if thinking.enabled is False or effort == "none":
        effort = "minimal"
    elif not effort and thinking.budget_tokens is not None:
        effort = effort_of(thinking.budget_tokens)
    return {"thinkingLevel": _nearest(effort, model).upper()} if effort else {}


def _nearest(effort: str, model: str) -> str:
    level = effort if effort in _LEVELS else _LEVELS[-1]
    for models, missing, instead in _MISSING:
        if level == missing and models.search(model):
            return instead
    return level
