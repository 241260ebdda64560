"""A small real HTTP server that speaks like the gateway, by the name of the model."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

WORDS = ("Rayleigh ", "scattering", " — λ⁻⁴.")
USAGE = {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15}
DECISION = "0196d1f2a3b40123456789abcdef"
MODELS = {
    "object": "list",
    "data": [
        {
            "id": "auto",
            "object": "model",
            "owned_by": "wye",
            "wye": {"kind": "route", "candidates": ["embedded/smollm2-135m", "openai/gpt-5.5"]},
        },
        {
            "id": "embedded/smollm2-135m",
            "object": "model",
            "owned_by": "embedded",
            "wye": {
                "kind": "deployment",
                "lane": "own",
                "provider": "embedded",
                "operations": ["chat"],
                "context_tokens": 2048,
                "tools": False,
                "price": None,
                "found_by": "comes with wye",
                "down": None,
            },
        },
        {
            "id": "openai/gpt-5.5",
            "object": "model",
            "owned_by": "openai",
            "wye": {
                "kind": "deployment",
                "lane": "closed",
                "provider": "openai",
                "operations": ["chat"],
                "context_tokens": 400_000,
                "tools": True,
                "price": {"input": "5", "output": "30.00", "as_of": "2026-11-01"},
                "found_by": "OPENAI_API_KEY",
                "down": "three failures in a row",
            },
        },
        {
            "id": "tunnel/mystery",
            "object": "model",
            "owned_by": "tunnel",
            "wye": {
                "kind": "deployment",
                "lane": None,
                "provider": "tunnel",
                "found_by": "found at 127.0.0.1:8000",
            },
        },
    ],
}


@dataclass
class Gateway:
    """The server, and what it was asked."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    records: dict[str, Any] = field(default_factory=dict)
    missing_first: int = 0
    """How often the record is not there yet."""
    hung_up: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    """Plays the exchange that the model's name asks for."""

    protocol_version = "HTTP/1.1"
    gateway: Gateway

    def do_GET(self) -> None:
        self.gateway.requests.append((self.path, dict(self.headers), None))
        if self.path == "/v1/models":
            self.document(200, MODELS)
            return
        record = self.gateway.records.get(self.path.rpartition("/")[2])
        if record is None or self.gateway.missing_first > 0:
            self.gateway.missing_first -= 1
            self.error(404, "not_found", "no request has this id")
        else:
            self.document(200, record)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.gateway.requests.append((self.path, headers, body))
        play = getattr(self, f"play_{body['model']}", self.play_auto)
        play(body)

    def play_auto(self, body: dict[str, Any]) -> None:
        if not body.get("stream"):
            choice = {"message": {"role": "assistant", "content": "".join(WORDS)}, "finish_reason": "stop"}
            self.document(200, {"object": "chat.completion", "choices": [choice], "usage": USAGE})
            return
        self.begin()
        for word in WORDS:
            self.chunk({"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]})
        self.send(b": keep-alive\n\n")
        self.chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self.chunk({"choices": [], "usage": USAGE})
        self.send(b"data: [DONE]\n\n")
        self.send(b"")

    def play_escape(self, _: dict[str, Any]) -> None:
        content = "\x1b]0;owned\x07red\x1b[31m\x9b31m"
        choice = {"message": {"content": content}, "finish_reason": "length"}
        self.document(200, {"choices": [choice]})

    def play_forbidden(self, _: dict[str, Any]) -> None:
        self.error(403, "policy_denied", "the label 'phi' permits no deployment that is up")

    def play_limited(self, _: dict[str, Any]) -> None:
        self.error(429, "rate_limited", "too many requests a minute", {"retry-after": "7"})

    def play_html(self, _: dict[str, Any]) -> None:
        self.answer(502, b"<html>bad gateway</html>", {"content-type": "text/html"})

    def play_midway(self, _: dict[str, Any]) -> None:
        self.begin()
        self.chunk({"choices": [{"delta": {"content": "half"}}]})
        self.chunk({"error": {"message": "'x' broke off its answer", "code": "upstream_error"}})
        self.send(b"")

    def play_cut(self, _: dict[str, Any]) -> None:
        self.begin()
        self.chunk({"choices": [{"delta": {"content": "half"}}]})
        self.close_connection = True

    def play_slow(self, _: dict[str, Any]) -> None:
        self.begin()
        try:
            while True:
                self.chunk({"choices": [{"delta": {"content": "word "}}]})
                if self.gateway.hung_up.wait(0.05):
                    return
        except OSError:
            self.gateway.hung_up.set()
            self.close_connection = True

    def begin(self) -> None:
        self.send_response(200)
        self.facts()
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def facts(self) -> None:
        self.send_header("x-wye-deployment", "embedded/smollm2-135m")
        self.send_header("x-wye-lane", "own")
        self.send_header("x-wye-decision", DECISION)
        self.send_header("x-request-id", "req-1")

    def chunk(self, value: object) -> None:
        self.send(b"data: " + json.dumps(value).encode() + b"\n\n")

    def send(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def document(self, status: int, value: object) -> None:
        self.answer(status, json.dumps(value).encode(), {"content-type": "application/json"})

    def error(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        body = json.dumps({"error": {"message": message, "type": "x", "param": None, "code": code}})
        self.answer(status, body.encode(), headers or {})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.facts()
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def record(**cost: str | None) -> dict[str, Any]:
    """Return what is read of a ledger's record."""
    return {"id": DECISION, "deployment": "embedded/smollm2-135m", "lane": "own", "cost": cost}
