"""How long a label sticks to the conversation it came up in."""

from wye.config.section import Count, Positive, Section


class LineageSettings(Section, frozen=True):
    """Labels of conversations that clients send whole each time: the gateway remembers them.

    A conversation is known by `x-wye-session`, else by how it begins. What wye keeps itself, and what goes on
    by `previous_response_id`, has its labels in the database.
    """

    conversations: Count = 20_000
    """Remembered at once; beyond, the key with most forgets its own that was quiet longest."""
    hours: Positive = 24.0
    """Since the last turn, over restarts."""
    forgotten: tuple[str, ...] = ()
    """Labels of a conversation that goes on and that nobody here remembers; none = as if it were new."""
