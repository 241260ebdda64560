"""What was published against the most used gateway, tried on this one.

Each case names its CVE, each looked up in what was published of it; what happened there, and what stands
against it here, is in docs/security.md. The list is held against that page by the last test.
"""

import base64
import contextlib
import hashlib
import io
import json
import re
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exchanges import play_chat
from fake_upstream import Call, FakeUpstream
from house import tree
from running import KEY, Answered, Running, running
from wye.config.settings import LedgerSettings
from wye.ledger import KeyStore
from wye.ledger.keystore import Grant

UPSTREAM_KEY = "sk-upstream-9f8e7d6c5b4a39281706f5e4d3c2b1a0"
BANNED = "Projekt Nachtigall"
ADMIN = {"authorization": f"Bearer {KEY}"}
PAGE = tree.ROOT / "docs" / "security.md"


@dataclass
class House:
    """A gateway that needs keys, its upstream, a server nobody may be sent to, and a plain caller's key."""

    gateway: Running
    upstream: FakeUpstream
    trap: FakeUpstream
    folder: Path
    user: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.user}"}

    def chat(self, **fields: Any) -> Answered:
        return self.gateway.chat("up", self.headers, **fields)

    def printed(self) -> str:
        """All that the gateway has written: log, access log, metrics, and every file it keeps."""
        files = [path.read_bytes() for path in self.folder.rglob("*") if path.is_file()]
        return (
            b"".join(files).decode("latin-1") + self.gateway.ask("GET", "/metrics", None, ADMIN).body.decode()
        )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("known")
    upstream, trap = FakeUpstream(), FakeUpstream()
    upstream.scripts["up"] = play_chat

    @upstream.script("denies")
    async def denies(call: Call) -> None:  # as OpenAI does: the key stands in the error
        sent = re.search(rb"(?i)authorization: bearer (\S+)", call.head)
        told = sent[1].decode() if sent else ""
        await call.answer(401, {"error": {"message": f"Incorrect API key provided: {told}"}})

    @upstream.script("breaks")
    async def breaks(call: Call) -> None:
        sent = re.search(rb"(?i)authorization: bearer (\S+)", call.head)
        await call.answer(500, sent[1] if sent else b"", kind="text/plain")

    here = {
        "base_url": f"http://127.0.0.1:{upstream.port}/v1",
        "networks": ["127.0.0.0/8"],
        "lane": "own",
        "api_key_env": "UPSTREAM_KEY",
        "retries": 0,
    }
    settings: dict[str, Any] = {
        "deployments": {name: here | {"model": name} for name in ("up", "denies", "breaks")},
        "detection": {"raises": {"confidential": ["dictionary"]}, "dictionary": str(folder / "words.txt")},
    }
    settings["deployments"]["away"] = here | {"model": "up", "lane": "closed"}
    folder.mkdir(exist_ok=True)
    (folder / "words.txt").write_text(f"{BANNED}\n")
    state = folder / "state"
    with KeyStore(LedgerSettings(), state) as store:
        user = store.create(Grant(name="user"))[1].reveal()
    environ = {"WYE_BOOTSTRAP_KEY": KEY, "UPSTREAM_KEY": UPSTREAM_KEY}
    with running(folder, settings, environ) as gateway:
        yield House(gateway, upstream, trap, folder, user)
    trap.stop()
    upstream.stop()


SQL = (
    "' OR '1'='1",
    "' OR 1=1 --",
    "sk-' UNION SELECT digest FROM key --",
    "'; DROP TABLE key; --",
    "x'; UPDATE key SET revoked = NULL; --",
    "' AND (SELECT CASE WHEN 1=1 THEN randomblob(300000000) ELSE 1 END) --",
    '" OR ""="',
    "') OR ('a'='a",
    "wye-' OR digest LIKE '%",
)


@pytest.mark.parametrize("value", SQL)
@pytest.mark.parametrize("header", ["authorization", "x-api-key", "x-goog-api-key", "api-key"])
def test_sql_in_a_key_is_an_unknown_key(house: House, header: str, value: str) -> None:
    """CVE-2026-42208: the key that a caller sent stood in the text of the query that looks it up."""
    sent = f"Bearer {value}" if header == "authorization" else value
    began = time.monotonic()
    answered = house.gateway.chat("up", {header: sent})
    assert answered.status == 401
    assert time.monotonic() - began < 5  # no query that sleeps
    assert value not in answered.body.decode()
    assert house.chat().status == 200  # the table is still there, and its keys are


@pytest.mark.parametrize("value", SQL)
def test_sql_in_what_is_asked_for_is_only_a_name(house: House, value: str) -> None:
    """CVE-2024-4890, CVE-2024-5225, CVE-2025-45809: fields of management calls stood in queries."""
    quoted = value.replace(" ", "%20").replace("#", "%23").replace('"', "%22").replace("'", "%27")
    asked = [
        house.gateway.ask("GET", f"/v1/wye/requests/{quoted}", None, ADMIN),
        house.gateway.ask("GET", f"/v1/responses/{quoted}", None, house.headers),
        house.gateway.ask("GET", f"/v1/models/{quoted}", None, house.headers),
        house.gateway.ask("POST", "/key/block", {"key": value}, ADMIN),
        house.gateway.ask("POST", "/team/update", {"team_id": value, "user_id": value}, ADMIN),
        house.gateway.ask("GET", f"/global/spend/logs?api_key={quoted}", None, ADMIN),
        house.chat(user=value, metadata={"team_id": value}),
    ]
    assert [answer.status for answer in asked[:6] if answer.status < 400] == []
    with sqlite3.connect(house.gateway.state / "ledger.db") as database:
        assert database.execute("SELECT count(*) FROM key").fetchone()[0] == 1
    database.close()


def test_keys_with_the_same_beginning_or_end_are_different_keys(house: House) -> None:
    """CVE-2026-35030: tokens with the same first twenty characters got each other's identity from a cache."""
    assert house.chat().status == 200  # now it is remembered, wherever anything is
    known = house.user
    with contextlib.closing(house.gateway.connect()) as connection:
        for length in (*range(1, len(known)), 8, 20, 32):
            for other in (known[:length], known[:length] + "A" * (len(known) - length), known[-length:]):
                if other == known:
                    continue
                connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {other}"})
                response = connection.getresponse()
                response.read()
                assert response.status == 401, length
    assert house.gateway.ask("GET", "/v1/models", None, {"authorization": f"Bearer {known}x"}).status == 401


def test_no_field_of_a_request_is_an_address(house: House) -> None:
    """`api_base` in a request's body, and other fields that are fetched or that choose where to go.

    CVE-2024-6587, CVE-2026-12798, CVE-2026-59823, CVE-2026-84377.
    """
    url = f"http://127.0.0.1:{house.trap.port}/v1"
    fields = dict.fromkeys(("api_base", "base_url", "spec_path", "endpoint", "proxy_url", "model_list"), url)
    nested: list[dict[str, Any]] = [{name: fields} for name in ("extra_body", "metadata", "litellm_params")]
    nested += [{"fallbacks": [{"model": "up", **fields}]}, {"router_settings_override": fields}]
    nested += [{"user_config": {"model_list": [fields]}}, {"tools": [{"type": "mcp", "server_url": url}]}]
    for where in (fields, *nested):
        house.chat(**where)
    for path in ("/mcp-rest/test/connection", "/mcp-rest/test/tools/list", "/config/update", "/model/new"):
        assert house.gateway.ask("POST", path, fields | {"url": url}, ADMIN).status in {404, 405}
    assert house.trap.connections == 0


TEMPLATES = (
    "{{ 7*191 }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "${7*191} #{7*191} <%= 7*191 %> {7*191}",
    "{0.__class__.__mro__} %(x)s ${jndi:ldap://127.0.0.1/x}",
)


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_a_caller_sends_is_a_template(house: House, template: str) -> None:
    """Chat templates and prompt templates of callers went to Jinja.

    CVE-2024-2952, CVE-2026-37004, CVE-2026-42203.
    """
    house.upstream.calls.clear()
    body = {"chat_template": template, "prompt_template": template, "hf_chat_template": template}
    answered = house.chat(messages=[{"role": "user", "content": template}], **body)
    assert answered.status == 200
    said = next(call for call in house.upstream.calls if call.name == "up").json
    assert said["messages"][0]["content"] == template  # to the letter
    assert said["chat_template"] == template
    assert house.gateway.ask("POST", "/prompts/test", {"dotprompt_content": template}, ADMIN).status == 404


CODE = (
    "__import__('os').system('touch {mark}')",
    "().__class__.__base__.__subclasses__()[0].__init__.__globals__['os'].system('touch {mark}')",
    "import os\nos.system('touch {mark}')",
    "eval(compile('open(\"{mark}\", \"w\")', 'x', 'exec'))",
)
EXECUTING = (
    "/guardrails/test_custom_code", "/guardrails", "/config/update", "/mcp-rest/test/connection",
    "/callbacks", "/model/new", "/add/allowed_ip", "/utils/transform_request",
    "/v1/chat/completions", "/v1/responses",
)  # fmt: skip


@pytest.mark.parametrize("code", CODE)
def test_nothing_a_caller_sends_is_run(house: House, code: str) -> None:
    """Secrets that were evaluated, settings and hooks by HTTP, guardrails as code, MCP servers as commands.

    CVE-2024-4264, CVE-2024-4889, CVE-2024-5751, CVE-2024-6825, CVE-2026-40217, CVE-2026-42271,
    CVE-2026-59821.
    """
    mark = house.folder / "ran"
    text = code.replace("{mark}", str(mark))
    fields = dict.fromkeys(
        (
            "code",
            "custom_code",
            "hook",
            "post_call_rules",
            "callbacks",
            "guardrails",
            "command",
            "UI_LOGO_PATH",
        ),
        text,
    )
    fields |= {"args": ["-c", text], "transport": "stdio", "env": {"PYTHONSTARTUP": text, "LD_PRELOAD": text}}
    for path in EXECUTING:
        messages = [{"role": "user", "content": text}]
        answered = house.gateway.ask("POST", path, fields | {"model": "up", "messages": messages}, ADMIN)
        assert answered.status in {200, 400, 404, 405}, path
    assert not mark.exists()


def test_no_module_evaluates_text() -> None:
    """The same, in the code: nothing of wye's calls eval, exec, a template engine or an unsafe loader."""
    calls = re.compile(
        r"(?<![\w.])(?:eval|exec|compile|__import__)\(|\bjinja|\bmako\.|yaml\.(?:load|unsafe_load)\(|UnsafeLoader"
        r"|\bpickle\b(?!=)|\bmarshal\.|\bshelve\b|ast\.literal_eval|os\.(?:system|popen)\(|shell=True"
    )
    found = [
        f"{path}:{number}"
        for path in tree.python("src")
        for number, line in enumerate((tree.text(path) or "").splitlines(), 1)
        if calls.search(line.partition("  # ")[0]) and not line.lstrip().startswith(("#", '"'))
    ]
    # Alembic's own template for new migrations is a file of the repository that only a developer renders.
    assert [one for one in found if "allow_pickle=False" not in one] == ALLOWED


ALLOWED: list[str] = []


def test_a_path_in_a_request_is_no_file(house: House) -> None:
    """The file name of an upload was a path, and the file there was deleted; names in an archive were paths.

    CVE-2024-4888, CVE-2026-59820.
    """
    victim = house.folder / "victim"
    victim.write_text("kept")
    for path in ("/audio/transcriptions", "/v1/audio/transcriptions", "/v1/files"):
        answered = house.gateway.ask("POST", path, {"file": str(victim), "model": "up"}, ADMIN)
        assert answered.status in {404, 405}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(f"../../../../../../..{victim}", "overwritten")
    for path in ("/v1/skills", "/skills", "/v1/files"):
        kind = {"Content-Type": "application/zip"}
        assert house.gateway.ask("POST", path, archive.getvalue(), ADMIN | kind).status in {404, 405}
    house.chat(file=str(victim), file_path=str(victim), files=[{"path": str(victim)}])
    for path in ("/../victim", "/%2e%2e/victim", "/static/..%2f..%2fvictim"):
        assert b"kept" not in house.gateway.ask("GET", path, None, ADMIN).body
    assert victim.read_text() == "kept"


def test_a_plain_key_changes_and_reads_nothing_of_others(house: House) -> None:
    """Callers made keys with more rights, became administrators, changed teams and configuration.

    CVE-2024-5710, CVE-2025-0628, CVE-2026-12795, CVE-2026-12799, CVE-2026-35029, CVE-2026-47101,
    CVE-2026-47102. Here no route does.
    """
    theirs = house.chat().headers["x-wye-decision"]
    assert house.gateway.ask("GET", "/metrics", None, house.headers).status == 403
    asked = {"key": "x", "allowed_routes": ["/*"], "user_role": "proxy_admin", "scopes": ["admin"]}
    for path in ("/key/generate", "/key/update", "/user/update", "/user/new", "/team/new", "/config/update",
                 "/v1/wye/keys", "/v1/wye/config", "/reload"):  # fmt: skip
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert house.gateway.ask(method, path, asked, ADMIN).status in {404, 405}, path
    with KeyStore(LedgerSettings(), house.gateway.state) as store:
        other = store.create(Grant(name="other"))[1].reveal()
    deadline = time.monotonic() + 10
    while (got := house.gateway.ask("GET", "/v1/models", None, {"x-api-key": other})).status == 401:
        assert time.monotonic() < deadline, got.body
        time.sleep(0.1)
    found = house.gateway.ask("GET", f"/v1/wye/requests/{theirs}", None, {"x-api-key": other})
    assert found.status in {403, 404}


PROTECTED = (
    ("GET", "/metrics"),
    ("GET", "/v1/models"),
    ("GET", "/v1/wye/requests/x"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/responses"),
    ("POST", "/v1/messages"),
    ("POST", "/v1beta/models/up:generateContent"),
    ("POST", "/api/chat"),
)
HOSTS = (
    "127.0.0.1/healthz?",
    "x/readyz#",
    "healthz",
    "user@127.0.0.1/healthz",
    "127.0.0.1:4000/../healthz;",
)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_no_header_chooses_the_route_that_is_checked(house: House, method: str, path: str, host: str) -> None:
    """CVE-2026-49468: the path that was checked was read from `Host`, the one that was served was not."""
    others = {"X-Forwarded-Host": host, "X-Original-URL": "/healthz", "X-Rewrite-URL": "/healthz"}
    body = {"model": "up", "messages": [{"role": "user", "content": "hi"}]} if method == "POST" else None
    assert house.gateway.ask(method, path, body, {"Host": host} | others).status in {400, 401}
    if path == "/metrics":
        assert house.gateway.ask(method, path, None, house.headers | {"Host": host}).status in {400, 403}


WRONG = (
    {"authorization": "Bearer "},
    {"authorization": "Bearer null"},
    {"authorization": "Basic YWRtaW46YWRtaW4="},
    {"authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInNjb3BlIjoiYWRtaW4ifQ."},
    {"authorization": "Bearer sk-1234"},
    {"x-api-key": ""},
    {"x-mcp-auth": "Bearer x", "authorization": "Bearer opaque-token-of-an-identity-provider"},
)


@pytest.mark.parametrize("headers", WRONG)
@pytest.mark.parametrize(("method", "path"), [*PROTECTED, ("POST", "/mcp"), ("POST", "/mcp/x")])
def test_who_fails_to_prove_who_they_are_is_nobody(
    house: House, method: str, path: str, headers: dict[str, str]
) -> None:
    """CVE-2026-59822: a token that failed to be checked became a caller without a name, and was served."""
    body = {"model": "up", "messages": [{"role": "user", "content": "hi"}]} if method == "POST" else None
    assert house.gateway.ask(method, path, body, headers).status in (
        {401} if "mcp" not in path else {401, 404}
    )


def test_the_digest_of_a_key_is_no_key(house: House) -> None:
    """GHSA-69x8-hrgq-fjj8: hashes of passwords were shown, and taken in their place."""
    with contextlib.closing(sqlite3.connect(house.gateway.state / "ledger.db")) as database:
        (digest,) = database.execute("SELECT digest FROM key WHERE name = 'user'").fetchone()
    raw = digest if isinstance(digest, bytes) else bytes.fromhex(digest)
    assert raw == hashlib.sha256(house.user.encode()).digest()  # it is what is looked for below
    told = b""
    for spelt in (raw.hex(), raw.hex().upper(), base64.b64encode(raw).decode(), f"wye_{raw.hex()}"):
        for header, value in (("authorization", f"Bearer {spelt}"), ("x-api-key", spelt)):
            answered = house.gateway.ask("GET", "/v1/models", None, {header: value})
            assert answered.status == 401
    for path in ("/metrics", "/v1/models", f"/v1/wye/requests/{house.chat().headers['x-wye-decision']}"):
        told += house.gateway.ask("GET", path, None, ADMIN).body
    assert raw.hex().encode() not in told.lower()


def test_what_names_a_secret_is_only_text(house: House) -> None:
    """CVE-2026-59819: `os.environ/NAME` and `oidc/file/PATH` in a request were replaced by what they name."""
    house.upstream.calls.clear()
    names = {"api_key": "os.environ/UPSTREAM_KEY", "token": "oidc/file//etc/passwd", "x": "env:UPSTREAM_KEY"}
    answered = house.chat(**names, litellm_params=names, metadata=names)
    call = next(call for call in house.upstream.calls if call.name == "up")
    assert call.json["api_key"] == names["api_key"]
    assert call.json["litellm_params"] == names
    assert UPSTREAM_KEY not in json.dumps(call.json) + answered.body.decode()
    assert b"root:" not in call.body
    assert (
        house.gateway.ask("POST", "/health/test_connection", {"litellm_params": names}, ADMIN).status == 404
    )


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("protocol", ["chat", "completions", "responses", "messages", "gemini", "ollama"])
def test_no_way_in_passes_what_looks(house: House, protocol: str, stream: bool) -> None:  # noqa: FBT001  # a case
    """CVE-2026-12797: banned words were looked for in calls of one type; those by HTTP were of another."""
    action = "streamGenerateContent?alt=sse" if stream else "generateContent"
    ways: dict[str, tuple[str, str]] = {
        "chat": ("/v1/chat/completions", "messages"),
        "completions": ("/v1/completions", "prompt"),
        "responses": ("/v1/responses", "input"),
        "messages": ("/v1/messages", "messages"),
        "gemini": (f"/v1beta/models/away:{action}", "contents"),
        "ollama": ("/api/chat", "messages"),
    }
    path, member = ways[protocol]

    def ask(text: str) -> Answered:
        said: dict[str, Any] = {
            "messages": [{"role": "user", "content": text}],
            "contents": [{"role": "user", "parts": [{"text": text}]}],
            "prompt": text,
            "input": text,
        }
        body = {"model": "away", member: said[member], "max_tokens": 9, "stream": stream}
        if protocol == "gemini":
            body = {member: said[member]}
        if protocol == "responses":
            body["max_output_tokens"] = body.pop("max_tokens")
        return house.gateway.ask("POST", path, body, house.headers)

    house.upstream.calls.clear()
    answered = ask(f"What is {BANNED} about?")
    assert answered.status == 403, answered.body
    assert not house.upstream.calls
    assert ask("What is it about?").status == 200  # it is the word that is refused


def test_a_revoked_key_is_over_within_seconds(house: House) -> None:
    """CVE-2026-12772, CVE-2026-12796: sessions outlived what they were made from."""
    with KeyStore(LedgerSettings(), house.gateway.state) as store:
        made, secret = store.create(Grant(name="revoked"))
        headers = {"authorization": f"Bearer {secret.reveal()}"}
        deadline = time.monotonic() + 10
        while house.gateway.ask("GET", "/v1/models", None, headers).status == 401:
            assert time.monotonic() < deadline
        store.revoke(made.id)
        deadline = time.monotonic() + 10
        while house.gateway.ask("GET", "/v1/models", None, headers).status != 401:
            assert time.monotonic() < deadline


def test_no_key_is_in_a_log_an_error_or_a_health_page(house: House) -> None:
    """Keys were in logs, but for five characters, in errors, and on the page that tells whether all is well.

    CVE-2024-9606, CVE-2025-0330, CVE-2025-11203.
    """
    chat, ask = house.gateway.chat, house.gateway.ask
    answers = [
        chat(model, house.headers, stream=on) for model in ("denies", "breaks") for on in (False, True)
    ]
    unknown = "sk-unknown-1234567890abcdefghijklmnop"
    answers.append(chat("up", {"authorization": f"Bearer {unknown}"}))
    pages = ("/healthz", "/readyz", "/health", "/metrics", "/v1/models")
    answers += [ask("GET", path, None, ADMIN) for path in pages]
    told = b"".join(answer.body for answer in answers).decode() + house.printed()
    for secret in (UPSTREAM_KEY, house.user, KEY, unknown):
        for length in (len(secret), len(secret) - 5):
            assert secret[:length] not in told
            assert secret[-length:] not in told


def test_what_is_malformed_costs_little(house: House) -> None:
    """A long multipart boundary, and text for `ast.literal_eval`, held the server for good.

    CVE-2024-8984, CVE-2024-10188.
    """
    boundary = "-" * 7_000
    deep = b"[" * 200_000
    attempts = [
        (b"--" + boundary.encode() + b"-" * 100_000, f"multipart/form-data; boundary={boundary}"),
        (deep, "application/json"),
        (b'{"model":"up","messages":' + deep, "application/json"),
        (b'{"model":"up","max_tokens":' + b"9" * 100_000 + b"}", "application/json"),
    ]

    def send(one: tuple[bytes, str]) -> int:
        headers = house.headers | {"Content-Type": one[1]}
        return house.gateway.ask("POST", "/v1/chat/completions", one[0], headers).status

    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(send, attempts * 4))
    assert {status // 100 for status in statuses} == {4}
    assert house.chat().status == 200
    assert time.monotonic() - began < 20


def test_the_page_and_the_cases_name_the_same_ones() -> None:
    one = re.compile(r"CVE-\d{4}-\d+|GHSA(?:-\w{4}){3}")
    named = set(one.findall(Path(__file__).read_text(encoding="utf-8")))
    assert set(one.findall(PAGE.read_text(encoding="utf-8"))) == named
