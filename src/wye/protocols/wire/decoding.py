"""Typed decoding of a request body, with errors a client can act on."""

import re
from typing import Annotated, TypeVar

import msgspec

from wye.core.errors import BadRequestError

T = TypeVar("T")
ModelName = Annotated[str, msgspec.Meta(max_length=256)]
"""As a client gives it. It is written into records and logs, so its length is limited."""

_PATH = re.compile(r" - at `\$\.?(?P<path>.*)`$")
_JSON = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
"""Python's types, of which msgspec speaks, as JSON Schema calls them."""
_TYPES = re.compile(r"\b(?:str|int|float|bool)\b(?=[^`]*`)")
_MISSING = re.compile(r"missing required field `(?P<name>[^`]*)`")


def decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Decode `body`, or raise `BadRequestError` naming the field and what was expected of it."""
    try:
        if not body.isascii():
            body.decode()  # strings the typed decoder skips are not checked by it
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except UnicodeDecodeError as error:
        message = f"the body is not valid UTF-8 at byte {error.start}"
        raise BadRequestError(message) from None
    except msgspec.DecodeError as error:
        message = f"the body is not valid JSON: {error}"
        raise BadRequestError(message) from None
    except RecursionError:
        message = "the body is nested too deeply"
        raise BadRequestError(message) from None


def _invalid(text: str) -> BadRequestError:
    at = _PATH.search(text)
    path = at["path"] if at else ""
    missing = _MISSING.search(text)
    if missing:
        path = f"{path}.{missing['name']}".lstrip(".")
        return BadRequestError(f"`{path}` is required", param=path)
    what = text[: at.start()] if at else text
    what = _TYPES.sub(lambda one: _JSON[one[0]], what)
    field = f"`{path}`: " if path else ""
    return BadRequestError(f"{field}{what[0].lower()}{what[1:]}", param=path or None)
