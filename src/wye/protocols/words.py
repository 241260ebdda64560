"""Requests and answers that are words alone: what every protocol says, and every upstream takes, as it is.

Most are, but those of agents. They are read in one go, by types that know nothing else and refuse the rest.
"""

from collections.abc import Sequence
from typing import Protocol, TypeGuard

from wye.core.answer import Answer
from wye.core.chat import Chat, Message, Role, Sampling, Text

BRIEF = 16_384
"""Bytes up to which a request is tried as words alone: beside reading a longer one nothing is gained."""
_UNSAID = Sampling()
_USER = Role.USER
_SPEAKERS = (_USER, Role.ASSISTANT)


class Block(Protocol):
    """A text on the wire, in an object of its own."""

    text: str


def texts(content: str | Sequence[Block] | None) -> tuple[Text, ...]:
    """Return what is said: a string, or a list of blocks; None = nothing."""
    if isinstance(content, str):
        return (Text(text=content),)
    return tuple([Text(text=block.text) for block in content or ()])


def said(answer: Answer) -> str | None:
    """Return the text of an answer that is one text and nothing beside it; None = it is more, or less."""
    if len(answer.choices) != 1 or answer.extras:
        return None
    choice = answer.choices[0]
    if len(choice.parts) != 1 or choice.extras or not _is_bare(choice.parts[0]):
        return None
    return choice.parts[0].text


def only_words(chat: Chat) -> bool:
    """Tell whether a request is a conversation in plain text, without anything asked of how it is answered.

    Nothing can be lost of such a one, or has to be changed, wherever it goes.
    """
    if chat.tools or chat.extras or chat.user or chat.choices != 1 or chat.protocol == "openai_completions":
        return False
    if chat.tool_choice or chat.format or chat.thinking or chat.sampling != _UNSAID:
        return False
    messages = chat.messages
    if not messages or messages[-1].role is not _USER:
        return False
    return all(map(_is_bare, chat.system)) and all(map(_is_said, messages))


def _is_said(message: Message) -> bool:
    if message.role not in _SPEAKERS or message.name or message.extras:
        return False
    return all(map(_is_bare, message.parts))


def _is_bare(part: object) -> TypeGuard[Text]:
    return type(part) is Text and not (part.extras or part.citations or part.signature) and part.cache is None
