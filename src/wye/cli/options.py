"""Options that several commands share, and the way people write times."""

import datetime as dt
import os
import re
import time
from pathlib import Path

import click

from wye.cli.quantities import Number
from wye.config.load import find, load
from wye.config.settings import LedgerSettings

STATE_VARIABLE = "WYE_STATE_DIR"
_AGE = re.compile(r"(\d{1,9})([smhdw])\Z")
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s?(ms|s)\Z")
_LONGEST_SPAN = 3_600
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def default_state_dir() -> Path:
    """Return `$WYE_STATE_DIR`, else `wye` in `$XDG_STATE_HOME`, else `~/.local/state/wye`."""
    if given := os.environ.get(STATE_VARIABLE):
        return Path(given)
    base = os.environ.get("XDG_STATE_HOME")  # relative ones are to be ignored (XDG Base Directory 0.8)
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".local" / "state") / "wye"


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings to use. Default: $WYE_CONFIG, else wye.yaml here if there is one.",
)
state_dir_option = click.option(
    "--state-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=default_state_dir,
    help="Where wye keeps what must last. Default: $WYE_STATE_DIR, else ~/.local/state/wye.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead, with exact amounts.")


def ledger_settings(config: Path | None) -> LedgerSettings:
    """Return where the ledger is, by the file that `--config` gave. Raises `ConfigError`."""
    return load(find(config)).ledger


class Duration(click.ParamType[float]):
    """A length of time such as `90s`, `24h` or `7d`, as seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or say how it is written."""
        if isinstance(value, int | float):
            return float(value)
        if value == "0":
            return 0.0
        match = _AGE.match(str(value))
        if not match:
            self.fail(f"'{value}' is not a length of time: write 30m, 24h, 7d or 2w", param, ctx)
        return float(match[1]) * _UNIT_SECONDS[match[2]]


class Span(click.ParamType[float]):
    """A short time such as `2s` or `50ms`, as seconds, above 0."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or say how it is written."""
        match = _SPAN.match(str(value))
        if not match:
            self.fail(f"'{value}' is not a short time: write 2s or 50ms", param, ctx)
        seconds = float(match[1]) / (1_000 if match[2] == "ms" else 1)
        if not 0 < seconds <= _LONGEST_SPAN:
            self.fail(f"'{value}' must be above 0, and at most an hour", param, ctx)
        return seconds


class Spread(click.ParamType[tuple[float, float]]):
    """A median and a 95th percentile such as `500ms..1.2s`, as seconds."""

    name = "median..p95"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Read it, or say how it is written."""
        median, dots, tail = str(value).partition("..")
        if not dots:
            self.fail(f"'{value}' is not a median and a tail: write 500ms..1.2s", param, ctx)
        low, high = (Span().convert(part, param, ctx) for part in (median, tail))
        if low > high:
            self.fail(f"'{value}': the 95th percentile is not below the median", param, ctx)
        return low, high


class Moment(click.ParamType[float]):
    """A moment: how long from now (`7d`), or a date or time in UTC. As Unix seconds."""

    name = "time"

    def __init__(self, direction: int) -> None:
        """`direction` says where `7d` lies: -1 = in the past, 1 = in the future."""
        self._direction = direction

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or say how it is written."""
        if isinstance(value, int | float):
            return float(value)
        text = str(value)
        if match := _AGE.match(text):
            return time.time() + self._direction * float(match[1]) * _UNIT_SECONDS[match[2]]
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"'{text}' is not a time: write 7d, 24h, 2026-01-31 or 2026-01-31T12:00", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


def _ordered(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    """Refuse a span that ends before it begins: it holds nothing, and looks as if nothing had happened."""
    others = {"since": ctx.params.get("since"), "until": ctx.params.get("until"), param.name: value}
    since, until = others["since"], others["until"]
    if since is not None and until is not None and since >= until:
        message = f"{utc(until)} is not after --since, {utc(since)}"
        raise click.BadParameter(message, ctx, param_hint="--until")
    return value


since_option = click.option(
    "--since", type=Moment(-1), callback=_ordered, help="Not before, e.g. 24h, 7d or 2026-01-31 (UTC)."
)
until_option = click.option(
    "--until", type=Moment(-1), callback=_ordered, help="Before, written like --since."
)

epsilon_option = click.option(
    "--epsilon",
    type=Number(0, 1, max_open=True),
    default=0.02,
    show_default=True,
    help="Share of the strong model's quality that may be lost.",
)


def utc(moment: float, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Write a Unix time for people, in UTC."""
    return dt.datetime.fromtimestamp(moment, dt.UTC).strftime(form)
