"""The end user's id, as OpenAI's protocols take it."""

import hashlib

LONGEST = 64
"""Characters; OpenAI answers a longer `user` with `string_above_max_length`. Claude Code's have some 150."""


def user_id(user: str) -> str:
    """Return `user`, or, where it is too long, its SHA-256 in hex: as good a name, since nobody reads it."""
    return user if len(user) <= LONGEST else hashlib.sha256(user.encode(errors="surrogatepass")).hexdigest()
