import json
import logging
import sys

import pytest

from wye.cli.logs import Formatter, JsonFormatter, without_words

SECRET = "a patient's name"


def fail() -> None:
    try:
        {}[SECRET]
    except KeyError as error:
        raise ValueError(SECRET) from error


def record() -> logging.LogRecord:
    try:
        fail()
    except ValueError:
        return logging.LogRecord("wye", logging.ERROR, "f", 1, "it failed", (), sys.exc_info())
    raise AssertionError


@pytest.mark.parametrize("formatter", [Formatter(), JsonFormatter()])
def test_a_traceback_tells_where_and_what_kind_and_no_words(formatter: logging.Formatter) -> None:
    line = formatter.format(record())
    assert SECRET not in line
    assert line.index("builtins.KeyError") < line.index("which led to") < line.index("builtins.ValueError")
    assert "in fail" in line
    assert "it failed" in line


def test_json_lines_are_json() -> None:
    told = json.loads(JsonFormatter().format(record()))
    assert told["level"] == "error"
    assert told["message"] == "it failed"


def test_groups_and_circles_end() -> None:
    one, two = ValueError(SECRET), ValueError(SECRET)
    one.__context__, two.__context__ = two, one
    group = ExceptionGroup(SECRET, [one, KeyError(SECRET)])
    told = without_words(group)
    assert SECRET not in told
    assert told.count("ValueError") == 2
    assert "KeyError" in told
    assert without_words(None) == ""
