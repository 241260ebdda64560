"""Which settings a running gateway cannot take over from a changed file."""

import msgspec

from wye.config.settings import Settings

_SECTIONS = ("listener", "keys", "ledger", "embedded", "telemetry")
_LIVE = {("ledger", "store_content"), ("ledger", "retain_days")}
"""Fields of those sections that each request looks up anew."""


def start_only(old: Settings, new: Settings) -> tuple[str, ...]:
    """Return the fields, dotted, that differ and are read at the start only."""
    fields = [
        f"{section}.{name}"
        for section in _SECTIONS
        for name in msgspec.structs.asdict(getattr(new, section))
        if (section, name) not in _LIVE
        and getattr(getattr(old, section), name) != getattr(getattr(new, section), name)
    ]
    return (*(["listen"] if old.listen != new.listen else []), *fields)
