"""What opens something: keys by their prefix, tokens by their form, and random strings behind a word like `password`."""

import math
import re
from collections import Counter

from wye.policy.detectors.pattern import Pattern

_RANDOM_BITS = 3.0
_SHORTEST = 6


def _random(text: str) -> bool:
    """Whether it looks drawn, not written: 3 bits a character, or letters and figures mixed with signs."""
    if len(text) < _SHORTEST or text.lower() in {
        "required",
        "protected",
        "forgotten",
        "expired",
        "reset",
        "incorrect",
    }:
        return False
    counts = Counter(text).values()
    bits = -sum(n / len(text) * math.log2(n / len(text)) for n in counts)
    mixed = (
        any(map(str.isdigit, text))
        or any(not c.isalnum() for c in text)
        or not (text.islower() or text.istitle())
    )
    return mixed and (bits >= _RANDOM_BITS or len(text) < 12)  # a short one has no room for bits


SECRETS = (
    Pattern(
        "secret",
        re.compile(
            r"(?<![^\W_])(?<!\w-)(?:sk-(?:ant-|proj-|or-v1-|svcacct-)?[\w-]{16,}|sk_(?:live|test)_\w{10,}|rk_(?:live|test)_\w{10,}|pk_live_\w{10,}|AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}"
            r"|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|xapp-[\w-]{10,}|AIza[\w-]{35}|ya29\.[\w-]{20,}|hf_\w{20,}|gsk_\w{20,}|r8_\w{20,}|pplx-\w{20,}"
            r"|SG\.[\w-]{16,}\.[\w-]{16,}|npm_\w{30,}|pypi-[\w-]{30,}|dop_v1_\w{30,}|shpat_\w{20,}|sq0\w{3}-[\w-]{20,}|key-[0-9a-f]{32}|whsec_[\w+/=]{20,}|wye-[\w-]{20,}"
            r"|AC[0-9a-f]{32}|SK[0-9a-f]{32}|lin_api_\w{20,}|dckr_pat_[\w-]{20,}|hvs\.[\w-]{20,}|AGE-SECRET-KEY-1\w{40,})"
        ),
        1.0,
        (
            "sk-",
            "sk_",
            "rk_",
            "pk_live",
            "akia",
            "asia",
            "gh",
            "glpat",
            "xox",
            "xapp",
            "aiza",
            "ya29",
            "hf_",
            "gsk_",
            "r8_",
            "pplx",
            "sg.",
            "npm_",
            "pypi-",
            "dop_v1",
            "shpat",
            "sq0",
            "key-",
            "whsec",
            "wye-",
            "ac",
            "lin_api",
            "dckr_pat",
            "hvs.",
        ),
    ),
    Pattern(
        "secret",
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|.*)",
            re.DOTALL,
        ),
        1.0,
        ("-----begin",),
    ),
    Pattern("secret", re.compile(r"(?<![\w.-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"), 1.0, ("eyj",)),
    Pattern(
        "secret",
        re.compile(r"\b[a-z][a-z0-9+]{1,20}://[^\s/:@]+:([^\s/@]+)@", re.IGNORECASE),
        1.0,
        ("://",),
        group=1,
    ),
    Pattern(
        "secret",
        re.compile(r"(?i:\b(?:bearer|basic))\s+([\w+/=.~-]{16,})"),
        0.9,
        ("bearer", "basic"),
        _random,
        1,
    ),
    Pattern(
        "secret",
        re.compile(
            r"(?i:(?:password|passwd|passphrase|pwd|secret(?:[_ -]?key)?|api[_ -]?key|access[_ -]?key|auth[_ -]?token|access[_ -]?token|token|private[_ -]?key|contraseña|clave(?: de acceso)?|passwort|mot de passe|\bpin))"
            r"[\"']?\s*(?i:is\s*:?|es\s*:?|:=?|=>?)\s*[\"'`]?([^\s\"'`,;]{4,})"
        ),
        0.8,
        ("pass", "pwd", "secret", "key", "token", "contraseña", "clave", "pin", "mot de"),
        _random,
        1,
    ),
)
