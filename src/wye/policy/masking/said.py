"""Where the events of a streamed answer hold pieces of text that go on from event to event.

Everything else in an event is whole by itself. A text is known by its *key*: the choice, block or item, and
what it is of that. For each protocol: where its pieces stand, and when a text is over.

Sources: OpenAI API reference (Chat and legacy Completions: streaming; Responses: streaming events), Anthropic
"Streaming Messages", Gemini "streamGenerateContent"; of Chat's other spellings see `protocols.chat.thoughts`.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Path = tuple[str | int, ...]
Key = tuple[Any, ...]
"""Begins with what a text may be over with: the choice, the block or the item."""
Event = dict[str, Any]


class Said(NamedTuple):
    """A piece of text in an event."""

    key: Key
    path: Path
    holder: Any
    """The object it is a member of, or the array it is an item of."""
    text: str
    is_json: bool = False
    last: bool = False
    """Nothing more of it comes."""

    @property
    def member(self) -> str | int:
        """Where in the holder it stands."""
        return self.path[-1]


class Speech(NamedTuple):
    """How a protocol's events are read."""

    said: Callable[[Event], list[Said]]
    over: Callable[[Event, Key, list[Said]], bool]
    """Whether what is held of a text has to go out before this event, which says what is in the list."""


_TEXTS = ("content", "refusal", "reasoning", "reasoning_content", "reasoning_text", "thinking")
_PARTS = ("text", "summary")


def _chat(event: Event) -> list[Said]:
    found: list[Said] = []
    for at, choice in _each(event.get("choices")):
        number, last = choice.get("index", at), bool(choice.get("finish_reason"))
        delta = choice.get("delta")
        if isinstance(delta, dict):
            for path, holder, is_json in _of_delta(delta):
                text = holder[path[-1]]
                key = (number, *_named(delta, path))
                found.append(Said(key, ("choices", at, "delta", *path), holder, text, is_json, last))
    return found


def _of_delta(delta: Event) -> Iterator[tuple[Path, Any, bool]]:
    for name in _TEXTS:
        if name in delta:
            yield from _texts(delta, (name,))
    for at, one in _each(delta.get("reasoning_details")):
        for name in _PARTS:
            yield from _member(one, name, ("reasoning_details", at))
    yield from _member(delta.get("audio"), "transcript", ("audio",))
    yield from _member(delta.get("function_call"), "arguments", ("function_call",))
    for at, one in _each(delta.get("tool_calls")):
        yield from _member(one.get("function"), "arguments", ("tool_calls", at, "function"))
        yield from _member(one.get("custom"), "input", ("tool_calls", at, "custom"))


def _member(holder: object, name: str, above: Path) -> Iterator[tuple[Path, Any, bool]]:
    if isinstance(holder, dict) and _is_text(holder, name):
        yield (*above, name), holder, name == "arguments"


def _texts(holder: Event, path: tuple[str, ...]) -> Iterator[tuple[Path, Any, bool]]:
    """Yield a text, or those of a list of parts, which some servers send in its place."""
    if _is_text(holder, path[-1]):
        yield path, holder, False
        return
    for at, one in _each(holder[path[-1]]):
        for name in ("text", "thinking"):
            if name in one:
                for inner, where, is_json in _texts(one, (name,)):
                    yield (*path, at, *inner), where, is_json


def _named(delta: Event, path: Path) -> Path:
    """Return what a piece is of its choice: items of lists go by their own number, where they have one."""
    if path[0] not in ("tool_calls", "reasoning_details"):
        return tuple(step for step in path if isinstance(step, str))
    number = delta[str(path[0])][path[1]].get("index")
    return (path[0], path[1] if number is None else number, *path[2:])


def _chat_over(event: Event, key: Key, said: list[Said]) -> bool:
    if any(one.key == key for one in said):
        return False
    for at, choice in _each(event.get("choices")):
        if choice.get("index", at) == key[0] and choice.get("finish_reason"):
            return True
    return key[1] != "tool_calls" and any(one.key[0] == key[0] for one in said)


def _completions(event: Event) -> list[Said]:
    return [
        Said(
            (choice.get("index", at), "text"),
            ("choices", at, "text"),
            choice,
            choice["text"],
            last=bool(choice.get("finish_reason")),
        )
        for at, choice in _each(event.get("choices"))
        if _is_text(choice, "text")
    ]


_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})


def _responses(event: Event) -> list[Said]:
    kind = event.get("type")
    if not isinstance(kind, str) or not kind.endswith(".delta") or not _is_text(event, "delta"):
        return []
    if kind.endswith("audio.delta"):
        return []
    part = event.get("content_index", event.get("summary_index"))
    key = (event.get("output_index"), part, kind)
    return [Said(key, ("delta",), event, event["delta"], "arguments" in kind)]


def _responses_over(event: Event, key: Key, said: list[Said]) -> bool:
    kind = str(event.get("type"))
    if kind in _ENDS:
        return True
    if event.get("output_index") != key[0]:
        return False
    return kind.endswith((".done", "_part.added")) or (bool(said) and said[0].key != key)


_BLOCKS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


def _messages(event: Event) -> list[Said]:
    delta = event.get("delta")
    if event.get("type") != "content_block_delta" or not isinstance(delta, dict):
        return []
    member = _BLOCKS.get(str(delta.get("type")), "")
    if not _is_text(delta, member):
        return []
    is_json = member == "partial_json"
    return [Said((event.get("index"), member), ("delta", member), delta, delta[member], is_json)]


def _messages_over(event: Event, key: Key, said: list[Said]) -> bool:
    if event.get("type") in ("message_delta", "message_stop"):
        return True
    return event.get("index") == key[0] and not any(one.key == key for one in said)


def _gemini(event: Event) -> list[Said]:
    found: list[Said] = []
    for at, candidate in _each(event.get("candidates")):
        number, last = candidate.get("index", at), bool(candidate.get("finishReason"))
        parts = _parts(candidate)
        kinds = [_kind(part) for _, part in parts]
        for place, (step, part) in enumerate(parts):
            if kinds[place]:
                over = any(kind != kinds[place] for kind in kinds[place + 1 :])
                last_here = last and not any(kinds[place + 1 :])
                path = ("candidates", at, "content", "parts", step, "text")
                found.append(Said((number, kinds[place]), path, part, part["text"], last=over or last_here))
    return found


def _gemini_over(event: Event, key: Key, said: list[Said]) -> bool:  # noqa: ARG001  # as others
    for at, candidate in _each(event.get("candidates")):
        if candidate.get("index", at) == key[0]:
            parts = _parts(candidate)
            if parts:
                return bool(_kind(parts[0][1]) != key[1])
            return bool(candidate.get("finishReason"))
    return False


def _parts(candidate: Event) -> list[tuple[int, Event]]:
    """Return what parts say something."""
    content = candidate.get("content")
    parts = _each(content.get("parts")) if isinstance(content, dict) else []
    return [(at, part) for at, part in parts if part.get("text") != ""]


def _kind(part: Event) -> str:
    """Return what a part's text is of its candidate; empty = it is no text."""
    if not _is_text(part, "text"):
        return ""
    return "thought" if part.get("thought") else "text"


def _each(items: object) -> list[tuple[int, Event]]:
    if not isinstance(items, list):
        return []
    return [(at, item) for at, item in enumerate(items) if isinstance(item, dict)]


def _is_text(holder: Event, member: str) -> bool:
    text = holder.get(member)
    return isinstance(text, str) and text != ""


CHAT = Speech(_chat, _chat_over)
SPEECH = {
    "openai_chat": CHAT,
    "openai_completions": Speech(_completions, _chat_over),
    "openai_responses": Speech(_responses, _responses_over),
    "anthropic_messages": Speech(_messages, _messages_over),
    "gemini": Speech(_gemini, _gemini_over),
    "gemini_array": Speech(_gemini, _gemini_over),
}
"""By protocol, as an upstream speaks it."""
_KEPT = frozenset({"index", "type", "thought", "role", "finish_reason", "logprobs", "format"})


def alone(event: Event, said: Said, text: str) -> Event:
    """Return an event that says `text` in place of `said`, and nothing else that `event` says."""
    plain = {name: value for name, value in event.items() if not isinstance(value, dict | list)}
    told: Event = _alone(event, said.path, text)
    return plain | told


def _alone(holder: Any, path: Path, text: str) -> Any:  # noqa: ANN401  # JSON
    step = path[0]
    if len(path) == 1:
        return {step: text}
    below = holder[step]
    inner = _alone(below, path[1:], text)
    if isinstance(below, list):
        return {step: [inner]}
    kept = {
        name: value for name, value in below.items() if name in _KEPT and not isinstance(value, dict | list)
    }
    return {step: kept | inner} if isinstance(step, str) else kept | inner
