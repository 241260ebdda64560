"""Looks for what has to be masked, in the processes that look into requests."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

import msgspec

from wye.config.detection import DetectionSettings
from wye.core.errors import MaskingError
from wye.gateway.inspectors import Inspectors
from wye.policy.detectors import Finding

_KB = 1024


class Finder:
    """Finds things in texts. Bounded as detection is: in time, size and number."""

    def __init__(self, inspectors: Inspectors, settings: Callable[[], DetectionSettings]) -> None:
        """`settings`: those in force."""
        self._inspectors = inspectors
        self._settings = settings

    async def find(self, texts: Sequence[str]) -> Sequence[Sequence[Finding]]:
        """Return what is found in each text. Raises `MaskingError`."""
        settings = self._settings()
        content = msgspec.msgpack.encode(texts)
        if len(content) > settings.max_kb * _KB:
            message = (
                f"it is more than {settings.max_kb} KB to look into for what has to be masked: send less, "
                "ask for a model on your own machines, or have `detection: {max_kb: ...}` raised"
            )
            raise _for_good(message, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        told = await self._inspectors.look("find", content, settings)
        if told.trouble:
            message = f"what has to be masked could not be looked for ({told.trouble})"
            raise MaskingError(message)
        if told.media:
            message = "it holds something encoded, which cannot be masked: send it as plain text, or not"
            raise _for_good(message, HTTPStatus.BAD_REQUEST)
        return told.found


def _for_good(message: str, status: HTTPStatus) -> MaskingError:
    """Return the error for what asking again does not help."""
    error = MaskingError(message)
    error.status = status
    return error
