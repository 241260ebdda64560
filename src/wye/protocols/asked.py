"""What a request asks for, as text, in any protocol: what a router predicts from. Pure.

That is what the user said last. Results of tools are not said by the user, and neither are instructions: they
are the same in every request of an application, and would drown what differs. A few words ("and in
French?") mean something only beside what was asked before, so the turn before comes along.
"""

from collections.abc import Iterator

import msgspec

from wye.protocols.outline import UNREADABLE, Outline, Turn

_BRIEF = 60
"""Characters up to which what was said last does not speak for itself."""
_USER = ("", "user")
_CONTEXT = ("<system-reminder>", "<environment_context>", "<user_instructions>")
"""How texts begin that coding agents add to what their user said."""
_PROMPTS = msgspec.json.Decoder(str | list[str])


def asked(outline: Outline) -> str:
    """Return what a request asks for; empty where no text can be read."""
    try:
        said = _said(outline)
        last = next(said, "")
        if len(last) > _BRIEF:
            return last
        before = next(said, "")
    except UNREADABLE:
        return ""
    return f"{before}\n{last}" if before else last


def _said(outline: Outline) -> Iterator[str]:
    """Yield what the user said, the latest first."""
    for at in range(len(outline) - 1, -1, -1):
        turn = outline.turn(at)
        if turn.role in _USER and turn.type in ("", "message") and (text := _text(turn)):
            yield text
    if outline.whole:
        yield outline.whole
    elif len(outline.body.prompt):
        prompts = _PROMPTS.decode(outline.body.prompt)
        yield from (prompts,) if isinstance(prompts, str) else reversed(prompts)


def _text(turn: Turn) -> str:
    said = turn.said()
    if isinstance(said, str):
        return said
    return "\n".join([text for text in said if text and not text.startswith(_CONTEXT)])
