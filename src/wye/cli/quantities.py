"""Quantities the way people write them on a command line: 50M, 40%, 6:1, name=0.2..0.5."""

import re
from typing import NamedTuple

import click

_NUMBER = r"\d{1,15}(?:\.\d{1,9})?"
_TOKENS = re.compile(rf"({_NUMBER})\s?([kKmMbBgGtT]?)\Z")
_TIMES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
_SHARE = re.compile(rf"(-?{_NUMBER})\s?(%?)\Z")
_RATIO = re.compile(rf"({_NUMBER})(?::({_NUMBER}))?\Z")
_INPUT = re.compile(r"([a-z_]{1,40})=(\S{1,80})\Z")
MOST_TOKENS = 1e18
_MOST_RATIO = 10_000
_MOST_PARTS = 3
_HUNDRED = 100


class Tokens(click.ParamType[float]):
    """A count such as `50M`, `1.2B` or `800k`, above 0."""

    name = "count"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or say how it is written."""
        text = str(value).replace(",", "").replace("_", "")
        match = _TOKENS.match(text)
        if not match:
            self.fail(f"'{value}' is not a count: write 50M, 1.2B or 800k", param, ctx)
        count = float(match[1]) * _TIMES[match[2].lower()]
        if not 0 < count <= MOST_TOKENS:
            self.fail(f"'{value}' must be above 0, and at most {MOST_TOKENS:.0e}", param, ctx)
        return count


class Portion(click.ParamType[float]):
    """A share such as `40%` or `0.4`, in 0..1. A number above 1 needs its percent sign."""

    name = "share"

    def __init__(self, *, open_: bool = False, most: float = 1.0) -> None:
        """`open_`: 0 is none of them. `most`: the greatest."""
        self._open, self._most = open_, most

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or say how it is written."""
        match = _SHARE.match(str(value))
        if not match:
            self.fail(f"'{value}' is not a share: write 40% or 0.4", param, ctx)
        share = float(match[1]) / (_HUNDRED if match[2] else 1)
        if not 0 <= share <= self._most or (self._open and not share):
            most = f"{self._most:.0%}"
            bounds = f"above 0% and at most {most}" if self._open else f"between 0% and {most}"
            self.fail(f"'{value}' must lie {bounds}", param, ctx)
        return share


class Ratio(click.ParamType[float]):
    """A ratio such as `6:1` or `6`, input to output."""

    name = "ratio"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or say how it is written."""
        match = _RATIO.match(str(value))
        if not match:
            self.fail(f"'{value}' is not a ratio: write 6:1, input to output", param, ctx)
        told, spoken = float(match[1]), float(match[2] or 1)
        if not spoken or told / spoken > _MOST_RATIO:
            self.fail(f"'{value}' must have output, a ten thousandth of the input at least", param, ctx)
        return told / spoken


class Input(NamedTuple):
    """An input of a simulation: one number, low and high, or low, middle and high."""

    name: str
    parts: tuple[float, ...]


class Assignment(click.ParamType[Input]):
    """An input such as `price_decline=0.2..0.5`, `discount=15%` or `peak=3..4..8`."""

    name = "name=range"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Input:
        """Read it, or say how it is written."""
        if isinstance(value, Input):
            return value
        match = _INPUT.match(str(value))
        parts = match[2].split("..") if match else []
        read = [_SHARE.match(part) for part in parts]
        if not match or len(parts) > _MOST_PARTS or not all(read):
            self.fail(f"'{value}' is not an input: write price_decline=0.2..0.5, or discount=15%", param, ctx)
        numbers = tuple(float(one[1]) / (_HUNDRED if one[2] else 1) for one in read if one is not None)
        return Input(match[1], numbers)
