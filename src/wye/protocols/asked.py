"""What a request asks for, as text, in any protocol: what a router predicts from. Pure.

That is what the user said last. Results of tools are not said by the user, and neither are instructions: they
are the same in every request of an application, and would drown what differs. A few words ("and in
French?") mean something only beside what was asked before, so the turn before comes along.
"""

from collections.abc import Iterator

import msgspec

_BRIEF = 60
"""Characters up to which what was said last does not speak for itself."""
_RAW = msgspec.Raw()
_USER = ("", "user")
_CONTEXT = ("<system-reminder>", "<environment_context>", "<user_instructions>")
"""How texts begin that coding agents add to what their user said."""


class _Body(msgspec.Struct):
    """Where turns stand: OpenAI Chat, Anthropic and Ollama; Responses; Gemini; Completions."""

    messages: list[msgspec.Raw] | None = None
    input: msgspec.Raw = _RAW
    contents: list[msgspec.Raw] | None = None
    prompt: msgspec.Raw = _RAW


class _Part(msgspec.Struct):
    text: str | None = None


class _Turn(msgspec.Struct):
    type: str = ""
    role: str = ""
    content: str | list[str | _Part] | None = None
    parts: list[_Part] | None = None


_BODY = msgspec.json.Decoder(_Body)
_TURN = msgspec.json.Decoder(str | _Turn)
_SAID = msgspec.json.Decoder(str | list[msgspec.Raw])


def asked(body: bytes) -> str:
    """Return what the request with this body asks for; empty where no text can be read."""
    try:
        said = _said(_BODY.decode(body))
        last = next(said, "")
        if len(last) > _BRIEF:
            return last
        before = next(said, "")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return f"{before}\n{last}" if before else last


def _said(body: _Body) -> Iterator[str]:
    """Yield what the user said, the latest first."""
    turns = body.messages or body.contents
    if turns is None:
        raw = body.input if len(body.input) else body.prompt
        if not len(raw):
            return
        whole = _SAID.decode(raw)
        if isinstance(whole, str):
            yield whole
            return
        turns = whole
    for raw in reversed(turns):
        turn = _TURN.decode(raw)
        if isinstance(turn, str):  # Completions: one of several prompts
            yield turn
        elif turn.role in _USER and turn.type in ("", "message") and (text := _text(turn)):
            yield text


def _text(turn: _Turn) -> str:
    content = turn.content if turn.content is not None else turn.parts
    if isinstance(content, str):
        return content
    texts = [part if isinstance(part, str) else part.text or "" for part in content or ()]
    return "\n".join(text for text in texts if text and not text.startswith(_CONTEXT))
