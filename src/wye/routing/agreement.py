"""Whether an answer can be served at all, and whether another one says the same.

Both are told in words, of which none quotes an answer: they go into the record. No words = nothing is wrong.
"""

import math
import re
from collections.abc import Callable
from typing import Literal

import msgspec

from wye.core.answer import Answer, Choice
from wye.core.chat import Chat, Finish, Format, Refusal, Text, Tool, ToolCall
from wye.routing.finals import final, numbers, same
from wye.routing.shape import fault

Compare = Literal["answer", "meaning"]
Alike = Callable[[str, str], float]
"""Cosine of what two texts mean."""
_WHOLE = frozenset({Finish.STOP, Finish.STOP_SEQUENCE, Finish.TOOL_CALLS})
NOT_COMPARED = "no final answers to compare"
_BRIEF = 320
"""Characters up to which two texts that say the same hold the same numbers, and both deny or neither does."""
_DENIES = re.compile(r"(?i)\b(?:no|not|never|none|nor|cannot)\b|n['\N{RIGHT SINGLE QUOTATION MARK}]t\b")
_LONGEST = 200_000
"""Characters of a text that is compared at all: some milliseconds."""
_LIKE_LENGTHS = 4.0
"""By how many times one free text may be longer than another that says the same."""


def flaw(answer: Answer, asked: Chat) -> str:
    """Say why `answer` is not fit to be served, whoever agrees with it."""
    if not answer.choices:
        return "it is empty"
    for choice in answer.choices:
        if wrong := _flaw(choice, asked):
            return wrong
    return ""


def unsure(answer: Answer, least: float | None) -> str:
    """Say that the mean probability of its tokens is below `least`, if the engine told them and anybody asks.

    The mean is geometric: the probability of all of it, to the power of one over its tokens.
    """
    if least is None or not answer.choices:
        return ""
    told = (answer.choices[0].logprobs or {}).get("content")
    tokens = (
        [token.get("logprob") for token in told if isinstance(token, dict)] if isinstance(told, list) else []
    )
    known = [value for value in tokens if isinstance(value, int | float)]
    if not known:
        return ""
    mean = math.exp(min(0.0, sum(known) / len(known)))
    return f"unsure of itself ({mean:.2f})" if mean < least else ""


def differs(one: Answer, other: Answer, compare: Compare, meaning: float, alike: Alike) -> str:
    """Say in what two answers to the same request differ; both have been found without a flaw.

    Calls are compared as calls, text as `texts_differ` does it. With several choices on either side only the
    first counts.
    """
    left, right = one.choices[0], other.choices[0]
    first, second = _calls(left), _calls(right)
    if first or second:
        return "" if _same_calls(first, second) else "other calls of tools"
    return texts_differ(_text(left), _text(right), compare, meaning, alike)


def texts_differ(said: str, heard: str, compare: Compare, meaning: float, alike: Alike) -> str:
    """Say in what two texts differ that answer the same request.

    JSON is compared as JSON. Of other text the final answers are compared, and where there are none, under
    `meaning`, what it means: a cosine of that much or more says the same. So labelled answers are compared
    as well, when a gate is certified: what is promised is what is done.
    """
    if max(len(said), len(heard)) > _LONGEST:
        return "too long to compare"
    if same(" ".join(said.split()), " ".join(heard.split())):
        return ""
    structured = _json(said), _json(heard)
    if isinstance(structured[0], dict | list) and isinstance(structured[1], dict | list):
        return "" if _say_same(*structured) else "other values"
    told = _finals_differ(said, heard)
    if told is not None:
        return told
    if compare == "answer":
        return NOT_COMPARED
    return _means_other(said, heard, meaning, alike)


def _flaw(choice: Choice, asked: Chat) -> str:
    if choice.finish not in _WHOLE:
        return f"it ended by {choice.finish}"
    calls, text = _calls(choice), _text(choice)
    if any(isinstance(part, Refusal) for part in choice.parts):
        return "it declines"
    if not calls and not text.strip():
        return "it is empty"
    wanted = asked.tool_choice
    if wanted is not None and not calls and wanted.mode in {"required", "tool"}:
        return "it calls no tool where one must be called"
    known = {tool.name: tool for tool in asked.tools if isinstance(tool, Tool)}
    for call in calls:
        if wrong := _miscalled(call, known):
            return wrong
    return _misshapen(text, asked.format) if asked.format is not None and not calls else ""


def _miscalled(call: ToolCall, known: dict[str, Tool]) -> str:
    tool = known.get(call.name)
    if tool is None:
        return "it calls a tool that there is not"
    if call.custom or tool.custom:
        return ""
    arguments = _json(call.arguments or "{}")
    if not isinstance(arguments, dict):
        return "a call's arguments are no JSON object"
    return "a call's arguments break its schema" if fault(arguments, tool.schema or {}) else ""


def _misshapen(text: str, shape: Format) -> str:
    if shape.kind == "text":
        return ""
    value = _json(text)
    if value is _NO_JSON:
        return "it is no JSON"
    return "it breaks the schema" if shape.schema is not None and fault(value, shape.schema) else ""


_NO_JSON = object()


def _json(text: str) -> object:
    """Return what a text says as JSON, fenced or not."""
    plain = text.strip()
    if plain.startswith("```") and plain.endswith("```") and "\n" in plain:
        plain = plain[plain.index("\n") : -3]
    try:
        found: object = msgspec.json.decode(plain)
    except (msgspec.DecodeError, RecursionError):
        return _NO_JSON
    return found


def _calls(choice: Choice) -> list[ToolCall]:
    return [part for part in choice.parts if isinstance(part, ToolCall)]


def _text(choice: Choice) -> str:
    return "".join(part.text for part in choice.parts if isinstance(part, Text))


def _same_calls(one: list[ToolCall], other: list[ToolCall]) -> bool:
    """Tell whether the same tools are called with the same arguments, in whatever order."""
    if len(one) != len(other):
        return False
    left = list(other)
    for call in one:
        match = next((some for some in left if _same_call(call, some)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _same_call(one: ToolCall, other: ToolCall) -> bool:
    if one.name != other.name:
        return False
    first, second = _json(one.arguments or "{}"), _json(other.arguments or "{}")
    if first is _NO_JSON or second is _NO_JSON:
        return one.arguments.strip() == other.arguments.strip()
    return _say_same(first, second)


def _say_same(one: object, other: object) -> bool:
    """Tell whether two JSON values say the same; no, if they are too deep to look."""
    try:
        return _same_values(one, other)
    except RecursionError:
        return False


def _same_values(one: object, other: object) -> bool:
    """Tell whether two JSON values say the same; texts and numbers as final answers do."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same_values(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same_values, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return same(" ".join(one.split()), " ".join(other.split()))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return same(str(one), str(other))
    return one is other is None


def _finals_differ(said: str, heard: str) -> str | None:
    """Say whether final answers differ; None = there are none, or of one only."""
    first, second = final(said), final(heard)
    if first is None and second is None:
        return None
    if first is not None and second is not None:
        return "" if same(first, second) else "another final answer"
    # One says only the answer, the other leads up to it.
    told, words = (first, heard) if second is None else (second, said)
    if told is None:
        return None
    if numbers(told) == [told.replace(",", "")] and (last := numbers(words)[-1:]):
        return "" if same(told, last[0]) else "another final answer"
    ends = re.search(rf"\b{re.escape(told)}\W*$", words.casefold()[-_BRIEF:])
    return "" if ends and not _DENIES.search(words[-_BRIEF:]) else None


def _means_other(said: str, heard: str, meaning: float, alike: Alike) -> str:
    shorter, longer = sorted((len(said), len(heard)))
    if longer > _LIKE_LENGTHS * max(shorter, 1):
        return "much longer, or much shorter"
    if longer <= _BRIEF:  # a number, or a `not`, hardly moves the mean of all the words
        if set(numbers(said)) != set(numbers(heard)):
            return "other numbers"
        if bool(_DENIES.search(said)) != bool(_DENIES.search(heard)):
            return "one denies what the other says"
    close = alike(said, heard)
    return "" if close >= meaning else f"another meaning (cosine {close:.2f})"
