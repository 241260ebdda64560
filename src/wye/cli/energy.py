"""`wye cost --energy`: kilowatt-hours and carbon, as people read them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from wye.cli.figures import clip
from wye.cli.ledger import told
from wye.cli.terminal import columns
from wye.config.settings import Settings
from wye.economics.energy import Drawn, drawn
from wye.economics.history import History
from wye.economics.showback import Group
from wye.ledger.keystore import KeyStore
from wye.ledger.reader import Filter

_NAME_WIDTH = 40


def found(settings: Settings, state_dir: Path, by: Group, filter_: Filter) -> list[Drawn]:
    """Return what a ledger's groups drew."""
    projects = {}
    with History.open(settings.ledger, state_dir, told()) as history:
        if by == "project":
            with KeyStore(settings.ledger, state_dir) as keys:
                projects = {key.id: key.grant.project for key in keys.list()}
        return drawn(history, by, filter_, settings, projects)


def lines(groups: Sequence[Drawn], by: Group, nobody: str) -> Iterator[str]:
    """Yield the table, and what it rests on."""
    rows: list[tuple[str, ...]] = [(by, "requests", "kWh", "kg CO2e", "kWh unknown", "CO2e unknown")]
    for one in groups:
        counts = (
            f"{one.unknown:,}" if one.unknown else "",
            f"{one.unknown_carbon:,}" if one.unknown_carbon else "",
        )
        name = clip(one.group or nobody, _NAME_WIDTH)
        rows.append((name, f"{one.requests:,}", _range(one.kwh), _range(one.kg_co2), *counts))
    yield from columns(rows)
    yield ""
    yield "Ranges from least to most, mostly estimates: docs/showback.md says of what. Unknown is in no sum."


def _range(ends: tuple[float, float] | None) -> str:
    if ends is None:
        return "-"
    low, high = (f"{end:.3g}" for end in ends)
    return low if low == high else f"{low} to {high}"
