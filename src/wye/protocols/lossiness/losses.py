"""What a request would lose on its way between two protocols: `table` applied to it."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from wye.core.chat import Chat, Opaque, ServerTool
from wye.protocols.anthropic.request import LEAST_BUDGET
from wye.protocols.gemini.thinking import lost_thinking
from wye.protocols.gemini.upstream import takes_results
from wye.protocols.lossiness.features import features
from wye.protocols.lossiness.members import INSIDE, INSTEAD, KIN, PLAIN, REFUSED
from wye.protocols.lossiness.naming import display, member, told
from wye.protocols.lossiness.table import BETWEEN, CHAT, GEMINI, MESSAGES, TABLE
from wye.protocols.seal import marked
from wye.protocols.translate import Wire


class Losses(msgspec.Struct, frozen=True):
    """What a request would lose on its way."""

    refuse: tuple[str, ...] = ()
    """What is said of the upstream, clause by clause; any means that the request must not be sent."""
    annotate: tuple[str, ...] = ()
    """Names, for `x-wye-lost` and the ledger."""
    param: str | None = None
    """The first member that is to blame for a refusal, as the client spells it; None = no single one."""


_NOTHING = Losses()
_PRINTABLE = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,80}")
"""What a client may have called a member for its name to go into a header and the ledger."""
_MOST = 31
_THINKING = frozenset({"thinking_budget", "reasoning_effort", "thinking", "thinking_display"})
_OF_OTHERS = frozenset({"signed_reasoning", "signed_reasoning_in_loop"})
"""What a client may have from an upstream of another protocol, and bring to one of its own."""


def losses(chat: Chat, source: str, target: str, wire: Wire | None = None) -> Losses:
    """Return what `chat`, read from `source`, loses when it is written for `target`; they may be the same.

    `wire` tells which of two ways an upstream takes; None = the one that loses more.
    """
    found, paths = features(chat, target)
    if source == target:
        found, paths = found & _OF_OTHERS if target != CHAT else set(), ()
    else:
        found -= _carried(chat, source, target, wire)
    refused: list[str] = []
    lost: list[str] = []
    blamed: list[str | None] = []
    for row in TABLE if found else ():
        verdict = row.into.get(target) if row.name in found else None
        if verdict is None:
            continue
        if verdict.kind == "refuse":
            advice = _advice(chat, source) if row.name in ("server_tool", "opaque") else ""
            refused.append(f"{told(row.name, row.what, source)}: {verdict.why}{advice}")
            blamed.append(member(row.name, source))
        elif verdict.kind == "annotate":
            lost.append(row.name)
    others = target == CHAT and (wire is None or "shared" not in wire.spelling.takes)
    kept = frozenset() if others else KIN.get((source, target), frozenset())
    members = () if source == target else _members(chat, source)
    for name in (*members, *paths):
        why = REFUSED.get(source, {}).get(name)
        if name in kept:
            continue
        if why is None:
            lost.append(name)
        else:
            refused.append(f"`{name}`: {why}")
            blamed.append(name)
    if not refused:
        return Losses(annotate=named(lost)) if lost else _NOTHING
    first = f"speaks {display(target)}, which cannot carry {refused[0]}"
    more = (f"nor {one}" for one in refused[1:])
    return Losses((first, *more), named(lost), next(filter(None, blamed), None))


def unsealed_losses(chat: Chat, protocol: str, body: bytes) -> Losses:
    """Return what `body`, which means `chat`, loses to an upstream of its own protocol: what wye sealed.

    Thoughts that nobody signed and citations count only where wye marked them: a client's own go as they are.
    """
    found = losses(chat, protocol, protocol)
    return Losses(found.refuse, (*found.annotate, *marked(body)), found.param)


def _members(chat: Chat, source: str) -> Iterator[str]:
    """Yield the names of the request's own members that have no canonical place, unless they say nothing."""
    inside = INSIDE.get(source, frozenset())
    for name, value in chat.extras.items():
        if name in inside and isinstance(value, dict):
            named = {f"{name}.{inner}": one for inner, one in value.items()}
        else:
            named = {name: value}
        yield from (one for one, said in named.items() if said not in PLAIN.get(one, ()))


def _advice(chat: Chat, source: str) -> str:
    """Return what to do about what only `source` has: `; NAME: leave it out ...` for each."""
    known = INSTEAD.get(source, {})
    kinds = [tool.kind for tool in chat.tools if isinstance(tool, ServerTool)]
    kinds += [part.kind for one in chat.messages for part in one.parts if isinstance(part, Opaque)]
    return "".join(f"; `{kind}`: {known[kind]}" for kind in dict.fromkeys(kinds) if kind in known)


def named(names: Iterable[str]) -> tuple[str, ...]:
    """Return each name once, fit for a header, and no more of them than that holds."""
    fit = (name if _PRINTABLE.fullmatch(name) else "unknown_member" for name in names)
    once = tuple(dict.fromkeys(fit))
    return once if len(once) <= _MOST else (*once[:_MOST], "and_more")


def _carried(chat: Chat, source: str, target: str, wire: Wire | None) -> set[str]:
    """Return what this pair, or this upstream, carries though others of the target do not."""
    if target == MESSAGES:
        return _fits(chat, wire)
    if target == GEMINI:
        return _takes(chat, wire)
    carried = set(BETWEEN.get(frozenset({source, target}), ()))
    if target == CHAT and wire is not None:
        carried |= _spelt(wire)
    if chat.thinking is not None and chat.thinking.effort == "none":
        carried.add("thinking")
    return carried


def _takes(chat: Chat, wire: Wire | None) -> set[str]:
    """Return what one model of Gemini's takes though others do not."""
    if wire is None:
        return set()
    carried = set(_THINKING)
    if chat.thinking is not None:
        carried -= lost_thinking(chat.thinking, wire.model)
    return carried | ({"tool_result_media"} if takes_results(chat, wire.model) else set())


def _spelt(wire: Wire) -> set[str]:
    """Return what a Chat upstream carries that OpenAI does not."""
    effort = wire.spelling.effort_field
    carried = {"top_k"} if "top_k" in wire.spelling.takes else set()
    if wire.reasoning_field:
        carried.add("reasoning")
    if wire.reasoning_field == "reasoning":
        carried |= {"signed_reasoning", "signed_reasoning_in_loop"}
    if effort == "reasoning":
        carried |= {"thinking_budget", "thinking", "thinking_display"}
    elif effort == "thinking":
        carried.add("thinking")
    return carried


def _fits(chat: Chat, wire: Wire | None) -> set[str]:
    """Return what of the thinking Anthropic takes: by effort, or a budget that `max_tokens` has room for."""
    if wire is not None and wire.adaptive_thinking:
        return {"reasoning_effort", "thinking", "thinking_display"}
    budget = chat.thinking.budget_tokens if chat.thinking else None
    room = None if chat.max_output_tokens is None else chat.max_output_tokens - LEAST_BUDGET
    carried = {"thinking", "thinking_display"} if room is None or room >= LEAST_BUDGET else set()
    if chat.thinking is not None and chat.thinking.enabled is False:
        carried.add("thinking")
    fits = budget is not None and budget >= LEAST_BUDGET and (room is None or room >= budget)
    return carried | {"thinking_budget"} if fits else carried
