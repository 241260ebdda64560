"""`wye.yaml` into settings: what is read, and that each mistake is named with its place and its fix."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.config.draft import ENGINES
from wye.config.labels import LabelRule
from wye.config.load import ConfigError, Loaded, Problem, find, from_bytes, load, read, revision
from wye.config.settings import Settings
from wye.config.strategies import When
from wye.config.tree import MAX_BYTES
from wye.core.lane import Lane
from wye.providers.discovery.engines import ENGINES as DISCOVERED

FILE = Path("wye.yaml")
ENVIRON = {"OPENAI_API_KEY": "sk-x"}


def parse(text: str) -> Loaded:
    return from_bytes(text.encode(), FILE, ENVIRON)


def problems(text: str | bytes) -> list[Problem]:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(ConfigError) as caught:
        from_bytes(content, FILE, ENVIRON)
    return list(caught.value.problems)


def only(text: str | bytes) -> Problem:
    found = problems(text)
    assert len(found) == 1, found
    return found[0]


FULL = """\
listen: "[::1]:4000"
default_label: internal
labels:
  hr: {lanes: [own, hosted], providers: [together], regions: [eu], quality: ceiling}
  empty:
providers:
  openai: {api_key_env: OPENAI_API_KEY, models: [gpt-5.5, 1.10]}
  acme: {base_url: https://llm.acme.example/v1, lane: hosted}
deployments:
  llama:
    base_url: http://10.0.0.5:8000/v1
    lane: own
    model: 0123
    networks: [10.0.0.0/8]
    price: {input: 0.15, output: 6e-1}
    machine_hour: 2
    profile: {tools: true, context_tokens: 8192}
aliases:
  fast: llama
  best: [openai/gpt-5.5, llama]
routes:
  ward: {candidates: [fast], labels: [phi]}
auto:
  rules:
    - {name: long, when: {min_bytes: 1000, labels: [no]}, use: [best]}
keys:
"""


def test_a_full_file() -> None:
    loaded = parse(FULL)
    settings = loaded.settings
    assert settings.listen == "[::1]:4000"
    assert settings.labels["hr"] == LabelRule(
        lanes=(Lane.OWN, Lane.HOSTED), providers=("together",), regions=("eu",), quality="ceiling"
    )
    assert settings.labels["empty"] == LabelRule()
    assert settings.providers["openai"].models == ("gpt-5.5", "1.10")
    llama = settings.deployments["llama"]
    assert (llama.model, llama.lane, llama.machine_hour) == ("0123", Lane.OWN, Decimal(2))
    assert llama.price is not None
    assert (llama.price.input, llama.price.output) == (Decimal("0.15"), Decimal("0.6"))
    assert llama.profile.tools is True
    assert settings.aliases == {"fast": "llama", "best": ("openai/gpt-5.5", "llama")}
    assert settings.routes["ward"].labels == ("phi",)
    assert settings.auto.rules[0].when == When(min_bytes=1000, labels=("no",))
    assert settings.keys == Settings().keys
    assert loaded.where("deployments", "llama") == "wye.yaml line 10"
    (warning,) = loaded.warnings
    assert str(warning) == (
        "wye.yaml:25:53: warning: auto.rules[0].when.labels[0]: label 'no' is not defined, "
        "so it permits the own lane only. There is: confidential, empty, hr, internal, phi, public, secret"
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n", "{}", "\ufefflisten: 127.0.0.1:4000"])
def test_nothing_written_is_the_defaults(text: str) -> None:
    assert parse(text).settings == Settings() == load(None)


def test_types_decide_what_a_scalar_means_not_yaml_1_1() -> None:
    settings = parse("labels: {no: {lanes: [own]}, on: {}, 0123: {}}\nlisten: 0.0.0.0:4000").settings
    assert list(settings.labels) == ["no", "on", "0123"]
    assert settings.listen == "0.0.0.0:4000"


def mistake(body: str) -> str:
    problem = only(body)
    assert problem.fatal
    assert problem.line > 0
    return f"{problem.line}:{problem.column} {problem.path}: {problem.what}. {problem.fix}"


LLAMA = "deployments:\n  llama: {model: m, provider: openai}\n"

MISTAKES = [
    ("lissten: x", "1:1 lissten: there is no such field. Did you mean 'listen'?"),
    ("listen: 12:30", "1:1 listen: the host is not a name or an address. Write `127.0.0.1:4000`"),
    (
        "listen: 4000",
        "1:1 listen: a host and a port are expected, as in 127.0.0.1:4000. Write `127.0.0.1:4000`",
    ),
    ("listen: [a]", "1:1 listen: text is expected here. "),
    ("listen:", "1:1 listen: text is expected here. "),
    ("default_label: P H I", "1:1 default_label: not a label. A label is"),
    ("labels: {PHI: {}}", "1:10 labels.PHI: not a label. A label is"),
    ("labels: {a: {lanes: own}}", "1:14 labels.a.lanes: a list is expected here. Write `[own]`"),
    ("labels: {a: {lanes:}}", "1:14 labels.a.lanes: a list is expected here. "),
    (
        "labels: {a: {lanes: [own, onw]}}",
        "1:27 labels.a.lanes[1]: must be one of closed, hosted, own. Did you mean 'own'?",
    ),
    (
        "labels: {a: {providers: [opnai]}}",
        "1:26 labels.a.providers[0]: there is no provider 'opnai'. Did you mean 'openai'?",
    ),
    (
        "labels: {a: {providers:}}",
        "1:14 labels.a.providers: is empty. Name at least one, or remove the field",
    ),
    ("labels: {a: {regions: ~}}", "1:14 labels.a.regions: is empty. "),
    ("labels: {a: {retain_days:}}", "1:14 labels.a.retain_days: is empty. Give a number of days, or remove"),
    ("policy: {signed_by:}", "1:10 policy.signed_by: is empty. Write the key that `wye policy sign"),
    ("policy: {signed_by: ''}", "1:10 policy.signed_by: not a public key (Ed25519, base64). "),
    ("policy: {signed_by: c2hvcnQ=}", "1:10 policy.signed_by: not a public key (Ed25519, base64). "),
    (
        "compliance: [{provider: openai, endpoint:}]",
        "1:33 compliance[0].endpoint: is empty. Name its host, or remove the field for any",
    ),
    (
        "providers: {openai: {networks:}}",
        "1:22 providers.openai.networks: is empty. Name a CIDR block, or remove the field for any public",
    ),
    ("labels: [a]", "1:1 labels: a mapping from names is expected here. "),
    ("labels: {a: own}", "1:10 labels.a: a mapping of fields is expected here. "),
    (
        "providers: {openai: {api_key: sk-1}}",
        "1:22 providers.openai.api_key: a secret must not stand in the file",
    ),
    (
        "keys: {token: x}",
        "1:8 keys.token: a secret must not stand in the file. Providers and deployments name",
    ),
    (
        "providers: {openai: {api_key_env: sk-1}}",
        "1:22 providers.openai.api_key_env: not the name of an env",
    ),
    (
        "providers: {openai: {api_key_env: OPENAI_API_KEY, api_key_file: /dev/null}}",
        "1:51 providers.openai.api_key_file: api_key_env is given as well. Keep one of them",
    ),
    (
        "providers: {opnai: {lane: hosted}}",
        "1:13 providers.opnai: not a provider wye knows, so it needs a base_url. Did you mean 'openai'?",
    ),
    (
        "providers: {new: {base_url: 'https://a.example'}}",
        "1:13 providers.new: a new provider needs a lane. ",
    ),
    (
        "providers: {ollama: {base_url: 'http://10.0.0.1:1'}}",
        "1:13 providers.ollama: with a base_url it needs a lane",
    ),
    (
        "providers: {openai: {networks: [10.0.0.1/8]}}",
        "1:33 providers.openai.networks[0]: not a CIDR block such",
    ),
    (
        "providers: {openai: {networks: []}}",
        "1:22 providers.openai.networks: is empty, so no address is acc",
    ),
    (
        "providers: {openai: {base_url: 'https://u:p@a.example'}}",
        "1:22 providers.openai.base_url: a URL must not hold credentials",
    ),
    (
        "providers: {openai: {base_url: 'https://a.example?x=1'}}",
        "1:22 providers.openai.base_url: a base URL has",
    ),
    (
        "providers: {openai: {base_url: 'ftp://a.example'}}",
        "1:22 providers.openai.base_url: an http:// or https:",
    ),
    (
        "providers: {openai: {tls: {client_cert_file: /dev/null}}}",
        "1:22 providers.openai.tls: client_cert_file and client_key_file belong together",
    ),
    ("deployments: {a: {provider: openai}}", "1:15 deployments.a: needs the field 'model'. Add `model: ...`"),
    ("deployments: {a: }", "1:15 deployments.a: needs the field 'model'. "),
    ("deployments: {a: {model: m}}", "1:15 deployments.a: needs a provider, or a base_url and a lane"),
    (
        "deployments: {a: {model: m, base_url: 'https://a.example'}}",
        "1:15 deployments.a: with a base_url it needs a l",
    ),
    (
        "deployments: {a: {model: m, provider: ollama}}",
        "1:15 deployments.a: an engine has no address of its own",
    ),
    ("aliases: {a: openai/}", "1:11 aliases.a: 'openai/' names no model. "),
    ("providers: {openai: {lane: own}}", "1:22 providers.openai.lane: openai is a processor, not a machine"),
    (
        "deployments: {a: {model: m, provider: openai, lane: own}}",
        "1:47 deployments.a.lane: openai is a processor, not a machine of yours. Write `closed` or `hosted`",
    ),
    (
        "deployments: {a: {model: m, provider: olama}}",
        "1:29 deployments.a.provider: there is no provider 'olama'. Did you mean 'ollama'?",
    ),
    (
        "deployments: {a: {model: m, base_url: 'http://gpu.lan:1', lane: own}}",
        "1:15 deployments.a: an own machine that is not on this one must say which network it is in",
    ),
    (
        "deployments: {a: {model: m, base_url: 'http://8.8.8.8:1', lane: own}}",
        "1:15 deployments.a: an own machine",
    ),
    (
        "deployments: {a: {model: m, provider: openai, concurrency: 0}}",
        "1:47 deployments.a.concurrency: a whole number >= 1 is expected here. ",
    ),
    (
        "deployments: {a: {model: m, provider: openai, concurrency: many}}",
        "1:47 deployments.a.concurrency: a whole number is expected here. ",
    ),
    (
        "deployments: {a: {model: m, provider: openai, concurrency: 9007199254740993}}",
        "1:47 deployments.a.concurrency: larger than",
    ),
    (
        "deployments: {a: {model: m, provider: openai, queue_seconds: .inf}}",
        "1:47 deployments.a.queue_seconds: a number is expected here. ",
    ),
    (
        "deployments: {a: {model: m, provider: openai, queue_seconds: inf}}",
        "1:47 deployments.a.queue_seconds: a finite number is expected here. ",
    ),
    (
        "deployments: {a: {model: m, provider: openai, stream_options: yes}}",
        "1:47 deployments.a.stream_options: true or false is expected here. Write `true` or `false`",
    ),
    (
        "deployments: {a: {model: m, provider: openai, operations: []}}",
        "1:47 deployments.a.operations: is empty. ",
    ),
    (
        "deployments: {a: {model: m, provider: openai, machine_hour: -1}}",
        "1:47 deployments.a.machine_hour: must not",
    ),
    (
        "deployments: {a: {model: m, provider: openai, lane: closed, machine_hour: 1}}",
        "1:61 deployments.a.machine_hour: counts only in the own lane, this is closed. ",
    ),
    (
        "deployments: {a: {model: m, provider: openai, price: {input: -1, output: 1}}}",
        "1:55 deployments.a.price.input: must not be negative. ",
    ),
    (
        "deployments: {a: {model: m, provider: openai, price: {input: a, output: 1}}}",
        "1:55 deployments.a.price.input: a number is expected here. ",
    ),
    (
        "deployments: {a: {model: m, provider: openai, price: {input: 1, output: 1, currency: usd}}}",
        "1:76 deployments.a.price.currency: not a currency code. ",
    ),
    (
        "deployments: {a: {model: m, provider: openai, price: {input: 1, output: 1, as_of: 1 May}}}",
        "1:76 deployments.a.price.as_of: not a date. ",
    ),
    (
        "deployments: {a b: {model: m, provider: openai}}",
        "1:15 deployments.a b: a name has 1 to 200 printable",
    ),
    (
        LLAMA + "aliases: {fast: lama}",
        "3:11 aliases.fast: there is no deployment 'lama'. Did you mean 'llama'?",
    ),
    (
        LLAMA + "aliases: {a: llama, b: [llama, a]}",
        "3:32 aliases.b[1]: 'a' is an alias itself. Name its deployments",
    ),
    (LLAMA + "aliases: {a: []}", "3:11 aliases.a: leads nowhere. "),
    (LLAMA + "aliases: {a: {}}", "3:11 aliases.a: text or a list is expected here. "),
    (LLAMA + "aliases: {llama: llama}", "3:11 aliases.llama: the name is taken by deployments.llama. "),
    (LLAMA + "routes: {auto: {}}", "3:10 routes.auto: 'auto' is taken. Set the section `auto` itself"),
    (
        "aliases: {a: opnai/gpt}",
        "1:11 aliases.a: there is no provider 'opnai'. Did you mean 'openai'?",
    ),
    (
        LLAMA + "routes: {r: {candidates: [lama]}}",
        "3:27 routes.r.candidates[0]: there is no deployment or alias 'lama'. Did you mean 'llama'?",
    ),
    (
        "routes: {r: {candidates: [gpt-5.5]}}",
        "1:27 routes.r.candidates[0]: there is no deployment or alias 'gpt-5.5'. Declare it under",
    ),
    (
        LLAMA + "auto:\n  rules:\n    - use: [llama]\n    - use: [lama]\n",
        "6:13 auto.rules[1].use[0]: there is no deployment or alias 'lama'. Did you mean 'llama'?",
    ),
    ("auto: {rules: {use: [a]}}", "1:8 auto.rules: a list is expected here. Begin each entry with `- `"),
    ("auto: {rules: [{lanes: []}]}", "1:17 auto.rules[0].lanes: is empty, so the rule never applies. "),
    (
        "auto: {rules: [{lanes: [own], when: {min_bytes: 2, max_bytes: 1}}]}",
        "1:31 auto.rules[0].when: never holds: min_bytes is above max_bytes. ",
    ),
    (
        "auto: {rules: [{lanes: [own], when: {tool: true}}]}",
        "1:38 auto.rules[0].when.tool: there is no such field. Did you mean 'tools'?",
    ),
    (
        "auto: {rules: [{lanes: [own], when: {labels: [P H I]}}]}",
        "1:47 auto.rules[0].when.labels[0]: not a label. ",
    ),
    ("ledger: {url: 'postgresql://u:p@h/d'}", "1:10 ledger.url: a secret must not stand in the file. "),
    (
        "ledger: {url: 'postgresql://h/d?password=p'}",
        "1:10 ledger.url: a secret must not stand in the file. ",
    ),
    ("ledger: {url: 'mysql://h/d'}", "1:10 ledger.url: neither sqlite:///path nor postgresql://... "),
    ("ledger: {url: 'sqlite:///a', url_env: DB}", "1:30 ledger.url_env: url is given as well. "),
    ("listener: {tls_cert_file: a}", "1:1 listener: tls_cert_file and tls_key_file belong together. "),
    ("telemetry: {otlp_endpoint: localhost:4317}", "1:13 telemetry.otlp_endpoint: an http:// or https://"),
    (
        "compliance: [{provider: openai, baa_until: 30.6.2027}]",
        "1:33 compliance[0].baa_until: a date is expected here. Write it as `2027-06-30`",
    ),
    (
        "ledger: {origin: 'https://x y'}",
        "1:10 ledger.origin: is not written as it must be. Write it like `example.com/",
    ),
    ("discovery: {seconds: 3}", "1:13 discovery.seconds: a number <= 2.0 is expected here. "),
    ("listen: 127.0.0.1:1\n<<: {listen: b}", "2:1 : merge keys are not supported"),
    ("listen: !!python/object:os.system x", "1:9 listen: a YAML tag, which settings do not have. "),
    ("listen: 127.0.0.1:1\nlisten: 127.0.0.1:2", "2:1 listen: given twice, first in line 1. "),
    ("? [a]\n: b", "1:3 : a key must be text. "),
    ("- listen", "1:1 : the file must be a mapping. "),
    ("listen: 'x", "1:11 : not valid YAML: while scanning a quoted scalar, found unexpected end of stream"),
    ("listen:\n\tx: 1", "2:1 : not valid YAML: while scanning for the next token, found character '\\t'"),
    ("a: *nobody", "1:4 : not valid YAML: found undefined alias 'nobody'"),
    ("a: 1\n---\nb: 2", "2:1 : not valid YAML: expected a single document in the stream"),
    ("a: \x00", "1:1 : a character that YAML does not allow"),
    ("[" * 5_000, "1:25 : nested deeper than 24 levels"),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES, ids=[t[:60] for t, _ in MISTAKES])
def test_each_mistake_is_named_with_its_place_and_fix(text: str, expected: str) -> None:
    found = mistake(text)
    assert found.startswith(expected.rstrip()), found


def test_every_problem_is_reported_at_once_in_the_order_of_the_file() -> None:
    found = problems(
        "listen: nowhere\n"
        "labels:\n  a: {lanes: [owm, hosted, closd]}\n"
        "providers:\n  opnai: {lane: hosted}\n"
        "deployments:\n  x: {}\n  y: {model: m, provider: openai, retries: 9, slots: no}\n"
        "deployments: {}\n"
        "aliases: {z: x, w: nobody}\n"
    )
    assert [(p.line, p.path) for p in found] == [
        (1, "listen"),
        (3, "labels.a.lanes[0]"),
        (5, "providers.opnai"),
        (7, "deployments.x"),
        (8, "deployments.y.retries"),
        (8, "deployments.y.slots"),
        (9, "deployments"),
        (10, "aliases.w"),
    ]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("default_label: intrenal", "1:1: warning: default_label: label 'intrenal' is not defined"),
        (
            "providers: {openai: {api_key_env: NOT_SET}}",
            "1:22: warning: providers.openai.api_key_env: NOT_SET is not set: this is left out",
        ),
        (
            "providers: {openai: {api_key_file: /nowhere/at/all}}",
            "1:22: warning: providers.openai.api_key_file: there is no",
        ),
        (
            "deployments: {a: {model: m, base_url: 'http://a.b', lane: hosted, api_key_file: /dev/null}}",
            "1:29: warning: deployments.a.base_url: sends its key unencrypted. Use https://",
        ),
        (
            "deployments: {a: {model: m, provider: mistral}}",
            "1:29: warning: deployments.a.provider: MISTRAL_API_KEY is not set: this is left out",
        ),
        (
            "discovery: {environment: false}\ndeployments: {a: {model: m, provider: mistral}}",
            "2:15: warning: deployments.a: no key is looked for, as discovery.environment is false: this",
        ),
        (
            "providers: {mistral: {enabled: false}}\ndeployments: {a: {model: m, provider: mistral}}",
            "2:29: warning: deployments.a.provider: providers.mistral is not enabled: this is left out",
        ),
        (
            "compliance: [{provider: custom}, {provider: ollama}, {provider: opnai}]",
            "1:55: warning: compliance[2].provider: there is no provider 'opnai' here, so this says",
        ),
        ("auto: {rules: [{name: x}]}", "1:16: warning: auto.rules[0]: changes nothing"),
        ("routes: {r: {labels: [hipaa]}}", "1:23: warning: routes.r.labels[0]: label 'hipaa' is not defined"),
    ],
)
def test_what_wye_can_start_without_is_a_warning(text: str, warning: str) -> None:
    (found,) = parse(text).warnings
    assert str(found).startswith(f"wye.yaml:{warning}")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:1/v1", "http://[::1]:1", "http://10.1.2.3"]
)
def test_an_own_machine_whose_address_says_so_needs_no_networks(url: str) -> None:
    assert parse(f"deployments: {{a: {{model: m, base_url: '{url}', lane: own}}}}").warnings == ()


def test_an_engine_that_config_gives_an_address_may_have_deployments() -> None:
    text = "providers: {ollama: {base_url: 'http://10.0.0.1:1', lane: own}}\n"
    assert parse(text + "deployments: {a: {model: m, provider: ollama}}").warnings == ()


def test_the_engines_that_names_may_lead_to_are_those_discovery_looks_for() -> None:
    assert {engine.id for engine in DISCOVERED} | {"embedded"} == ENGINES


def test_no_problem_repeats_what_may_be_a_secret() -> None:
    secret = "sk-3v3ry-s3cret"
    text = f"""
providers:
  openai: {{api_key: {secret}, api_key_env: {secret}, base_url: "https://u:{secret}@h?{secret}"}}
ledger: {{url: "postgresql://u:{secret}@h/d", url_env: {secret}}}
keys: {{bootstrap_env: {secret}}}
telemetry: {{otlp_endpoint: "https://u:{secret}@h", otlp_headers_env: {secret}}}
"""
    with pytest.raises(ConfigError) as caught:
        from_bytes(text.encode(), FILE, {})
    assert len(caught.value.problems) == 9
    assert secret not in str(caught.value)


def test_a_billion_laughs_end_early() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    assert "too many values" in problems("\n".join(lines))[-1].what


def test_an_alias_that_contains_itself_ends() -> None:
    assert "contains itself" in problems("aliases: &a\n  x: *a\n")[-1].what


def test_an_alias_used_twice_is_fine() -> None:
    text = "labels: {a: &same {lanes: [own, hosted]}, b: *same}"
    settings = parse(text).settings
    assert settings.labels["a"] == settings.labels["b"] == LabelRule(lanes=(Lane.OWN, Lane.HOSTED))


def test_limits_and_encodings() -> None:
    assert "larger than" in only(b"#" * (MAX_BYTES + 1)).what
    assert only(b"listen: 1\nx: \xff").line == 2
    assert "not valid YAML" in only('listen: "\\UFFFFFFFF"').what


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "wye.yaml"
    with pytest.raises(ConfigError, match="cannot be read: No such file or directory"):
        load(file)
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert find(None, {}) is None
    file.write_text("default_label: phi")
    assert find(None, {}) == Path("wye.yaml")
    assert find(None, {"WYE_CONFIG": "/x/y.yaml"}) == Path("/x/y.yaml")
    assert find(file, {"WYE_CONFIG": "/x/y.yaml"}) == file
    assert load(file).default_label == "phi"
    assert read(file, os.environ).path == file


def test_the_revision_is_of_the_effective_content() -> None:
    base = parse(FULL)
    assert base.revision == revision(base.settings)
    assert len(base.revision) == 12
    assert parse("# a comment\n" + FULL).revision == base.revision
    assert parse("").revision == revision(Settings())
    assert parse("default_label: internal").revision == revision(Settings())
    assert parse("default_label: phi").revision != revision(Settings())


YAMLISH = st.text(alphabet="abnol:-[]{},&*!#'\"\\ \n\t~0123%|>?<@`\x00\xff", max_size=80)
WORDS = st.sampled_from(
    ["listen", "labels", "lanes", "own", "auto", "rules", "use", "deployments", "model", "aliases", "1", "~"]
) | st.sampled_from([": ", "- ", "\n", "\n  ", "[", "]", "{", "}", ", ", "&a ", "*a", "<<", "!!int "])


@given(YAMLISH | st.lists(WORDS, max_size=30).map("".join) | st.binary(max_size=60).map(bytes))
def test_any_file_is_read_or_refused_with_places(text: str | bytes) -> None:
    content = text.encode() if isinstance(text, str) else text
    try:
        loaded = from_bytes(content, FILE, {})
    except ConfigError as error:
        refused = error.problems
    else:
        assert isinstance(loaded.settings, Settings)
        return
    assert refused
    assert all(p.what and p.line >= 0 for p in refused)
