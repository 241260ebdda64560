"""A request's body as far as its turns, in any protocol: what is said is read when somebody asks. Pure.

A router asks what a conversation begins with (`opening`) and what its user wants (`asked`). Both look at the
same few turns of a body that may be long: it is gone through once, and no turn is read twice.
"""

import msgspec

_RAW = msgspec.Raw()


class Body(msgspec.Struct, rename={"system_instruction": "systemInstruction"}):
    """Where turns stand: OpenAI Chat, Anthropic and Ollama; Responses; Gemini; Completions."""

    messages: list[msgspec.Raw] | None = None
    system: msgspec.Raw = _RAW
    input: msgspec.Raw = _RAW
    instructions: msgspec.Raw = _RAW
    contents: list[msgspec.Raw] | None = None
    system_instruction: msgspec.Raw = _RAW
    prompt: msgspec.Raw = _RAW
    prompt_cache_key: msgspec.Raw = _RAW


class Part(msgspec.Struct):
    """A piece of what is said; without text where it is something else."""

    text: str | None = None


class Turn(msgspec.Struct):
    """What somebody says, or an item that says nothing."""

    type: str = ""
    role: str = ""
    content: str | list[str | Part] | None = None
    parts: list[Part] | None = None

    def said(self) -> str | list[str]:
        """Return the text, or its pieces."""
        content = self.content
        if isinstance(content, str):
            return content
        pieces = self.parts or () if content is None else content
        return [piece if isinstance(piece, str) else piece.text or "" for piece in pieces]


_BODY = msgspec.json.Decoder(Body)
_TURN = msgspec.json.Decoder(Turn)
_LISTED = msgspec.json.Decoder(str | list[msgspec.Raw])
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading a part of a body raises that is not as any protocol has it."""


class Outline:
    """One body's."""

    __slots__ = ("_turns", "body", "whole")

    def __init__(self, body: bytes) -> None:
        """Take a body apart. One that cannot be read holds nothing."""
        self.whole = ""
        """All that is said, where it is one text and no turn."""
        self._turns: list[msgspec.Raw | Turn] = []
        try:
            self.body = _BODY.decode(body)
            turns: str | list[msgspec.Raw] | None = self.body.messages or self.body.contents
            if turns is None and len(self.body.input):
                turns = _LISTED.decode(self.body.input)
        except UNREADABLE:
            self.body = Body()
        else:
            if isinstance(turns, str):
                self.whole = turns
            else:
                self._turns = [*(turns or ())]

    def __len__(self) -> int:
        return len(self._turns)

    def turn(self, at: int) -> Turn:
        """Read a turn. Raises `UNREADABLE`."""
        turn = self._turns[at]
        if isinstance(turn, msgspec.Raw):
            turn = self._turns[at] = _TURN.decode(turn)
        return turn
