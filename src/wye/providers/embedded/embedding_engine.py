"""The embedding child: OpenAI's `/v1/embeddings` on loopback. A program that `process.Process` runs."""

import asyncio
import base64
import hmac
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec
import uvicorn

from wye.providers.embedded.boot import Boot, Child
from wye.providers.embedded.weights import INSTALL_HINT, embedding_vocabulary

if TYPE_CHECKING:
    from wye.providers.embedded.encoder import Vector

MODEL = "minilm-l6"
DIMENSIONS = 384
MAX_TOKENS = 512
MAX_INPUTS = 2_048
MAX_REQUEST_TOKENS = 262_144
"""Over all inputs: about a minute on two cores, within the time a gateway waits."""
MAX_BODY = 8 * 1024 * 1024

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Encodes(Protocol):
    """What the application needs of `encoder.Encoder`."""

    def tokens(self, text: str) -> list[int]:
        """Return token ids, special ones included."""

    def encode(self, tokens: list[int]) -> "Vector":
        """Return the float32 vector."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The request body. A field that is not here is an error: none is ignored in silence."""

    input: str | list[str | int | list[int]]
    """Tokens are understood only to be refused with a reason."""
    model: str = MODEL
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None
    user: str | None = None
    """For the caller's own accounts; means nothing here."""


class RefusedError(Exception):
    """Something to tell the caller: HTTP status, sentence, and the field at fault."""

    def __init__(self, status: int, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.param = param


class Application:
    """A bare ASGI app. One text is embedded at a time: the encoder uses all threads for it."""

    def __init__(self, encoder: Encodes, key: str) -> None:
        self._encoder = encoder
        self._authorization = f"Bearer {key}".encode()
        self._turn = asyncio.Semaphore(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            status, body = 200, await self._answer(scope, receive)
        except RefusedError as error:
            kind = "invalid_request_error" if error.status < 500 else "server_error"  # noqa: PLR2004  # HTTP classes
            told = {"message": str(error), "type": kind, "param": error.param, "code": None}
            status, body = error.status, msgspec.json.encode({"error": told})
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        if not hmac.compare_digest(dict(scope["headers"]).get(b"authorization", b""), self._authorization):
            raise RefusedError(401, "wrong key")
        if (scope["method"], scope["path"]) != ("POST", "/v1/embeddings"):
            raise RefusedError(404, "only POST /v1/embeddings is served")
        question = _parse(await _body(receive))
        texts = await asyncio.to_thread(_tokenized, self._encoder, _texts(question))
        gone = asyncio.create_task(_disconnected(receive))
        try:
            data = [await self._embed(index, texts[index], question, gone) for index in range(len(texts))]
        finally:
            gone.cancel()
        total = sum(map(len, texts))
        usage = {"prompt_tokens": total, "total_tokens": total}
        return msgspec.json.encode({"object": "list", "data": data, "model": MODEL, "usage": usage})

    async def _embed(
        self, index: int, tokens: list[int], question: Question, gone: asyncio.Task[None]
    ) -> dict[str, object]:
        async with self._turn:  # between two texts another caller gets a turn
            if gone.done():
                raise RefusedError(400, "the caller went away")
            vector = await asyncio.to_thread(self._encoder.encode, tokens)
        value: object = vector.tolist()
        if question.encoding_format == "base64":
            value = base64.b64encode(vector.astype("<f4").tobytes()).decode()
        return {"object": "embedding", "index": index, "embedding": value}


async def _body(receive: Receive) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "the caller went away")
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            raise RefusedError(413, f"the body is larger than {MAX_BODY} bytes")
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _parse(body: bytes) -> Question:
    try:
        question = msgspec.json.decode(body, type=Question)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError(400, f"not an embeddings request: {error}") from error
    if question.dimensions not in {None, DIMENSIONS}:
        message = f"{MODEL} has {DIMENSIONS} dimensions and was not trained to be cut to fewer"
        raise RefusedError(400, message, "dimensions")
    return question


def _texts(question: Question) -> list[str]:
    given = question.input
    texts = [given] if isinstance(given, str) else given
    if not texts:
        raise RefusedError(400, "the input is empty", "input")
    if len(texts) > MAX_INPUTS:
        raise RefusedError(400, f"{len(texts)} inputs; at most {MAX_INPUTS} a request", "input")
    strings = [text for text in texts if isinstance(text, str)]
    if len(strings) != len(texts):
        message = f"token arrays are for another model's vocabulary; send {MODEL} strings"
        raise RefusedError(400, message, "input")
    if not all(strings):
        raise RefusedError(400, f"input[{strings.index('')}] is an empty string", "input")
    return strings


def _tokenized(encoder: Encodes, texts: list[str]) -> list[list[int]]:
    tokenized = []
    for index, text in enumerate(texts):
        tokens = encoder.tokens(text)
        if len(tokens) > MAX_TOKENS:
            message = f"input[{index}] has {len(tokens)} tokens; {MODEL} reads {MAX_TOKENS}: split it"
            raise RefusedError(400, message, "input")
        tokenized.append(tokens)
    total = sum(map(len, tokenized))
    if total > MAX_REQUEST_TOKENS:
        raise RefusedError(
            400, f"{total} tokens; at most {MAX_REQUEST_TOKENS} a request: send fewer inputs", "input"
        )
    return tokenized


def main() -> None:
    """Load the weights, serve, and wait to be told to stop."""
    child = Child()
    try:
        encoder = _load(child.boot)
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # The parent holds the port, so that nobody else takes it during a restart.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind(("127.0.0.1", child.boot.port))
        listening.listen(64)
    except ImportError as error:
        child.fail(f"{error}; {INSTALL_HINT}")
    except (RuntimeError, OSError) as error:
        child.fail(str(error))
    config = uvicorn.Config(
        Application(encoder, child.boot.key),
        lifespan="off",
        access_log=False,
        proxy_headers=False,
        log_level="warning",
        timeout_keep_alive=3600,  # the gateway closes its connections itself
    )
    server = uvicorn.Server(config)

    def stop() -> None:
        server.should_exit = True

    child.ready(stop)
    server.run(sockets=[listening])


def _load(boot: Boot) -> Encodes:
    from wye.providers.embedded.encoder import Encoder  # noqa: PLC0415  # optional: its absence is reported

    return Encoder(Path(boot.model), embedding_vocabulary(), boot.threads)


if __name__ == "__main__":
    main()
