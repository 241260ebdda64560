"""Requests that are words alone: what every protocol says, and every upstream takes, as it is."""

from wye.core.chat import Chat, Message, Role, Sampling, Text

_UNSAID = Sampling()
_SPEAKERS = (Role.USER, Role.ASSISTANT)


def only_words(chat: Chat) -> bool:
    """Tell whether a request is a conversation in plain text, without anything asked of how it is answered.

    Nothing can be lost of such a one, or has to be changed, wherever it goes.
    """
    if chat.tools or chat.extras or chat.user or chat.choices != 1 or chat.protocol == "openai_completions":
        return False
    if chat.tool_choice or chat.format or chat.thinking or chat.sampling != _UNSAID:
        return False
    messages = chat.messages
    if not messages or messages[-1].role is not Role.USER:
        return False
    return all(map(_is_bare, chat.system)) and all(map(_is_said, messages))


def _is_said(message: Message) -> bool:
    if message.role not in _SPEAKERS or message.name or message.extras:
        return False
    return all(map(_is_bare, message.parts))


def _is_bare(part: object) -> bool:
    return type(part) is Text and not (part.extras or part.citations or part.signature) and part.cache is None
