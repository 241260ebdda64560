"""How hard a model shall think: one protocol says a word, another a number of tokens."""

BUDGETS: tuple[tuple[str, int], ...] = (
    ("none", 0),
    ("minimal", 1024),
    ("low", 4096),
    ("medium", 16_384),
    ("high", 32_768),
    ("xhigh", 65_536),
)
"""Word -> thinking tokens, rising. A choice of wye's: no provider publishes one."""


def budget_of(effort: str) -> int:
    """Return the thinking tokens that `effort` stands for; an unknown word counts as the highest."""
    return dict(BUDGETS).get(effort, BUDGETS[-1][1])


def effort_of(budget: int) -> str:
    """Return the lowest effort whose budget covers `budget` tokens; above all of them, the highest."""
    return next((word for word, tokens in BUDGETS if budget <= tokens), BUDGETS[-1][0])
