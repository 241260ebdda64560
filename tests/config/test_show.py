"""Effective settings: they read back as themselves, defaults are marked, and no password is in them."""

import json
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from wye.config.labels import DEFAULT_LABELS, LabelRule
from wye.config.load import Loaded, from_bytes, read
from wye.config.settings import LedgerSettings, Settings
from wye.config.show import as_json, as_yaml
from wye.config.strategies import Rule, When
from wye.config.tree import Node
from wye.core.lane import Lane

FILE = Path("wye.yaml")
TEXT = b"""
default_label: phi
labels: {hr: {lanes: [own, hosted]}, phi: }
deployments:
  box:
    {model: "0123", base_url: "http://10.0.0.5:8000/v1", lane: own,
     price: {input: 0.10, output: 1, services: {batch: 1e-7}}}
aliases: {fast: box, both: [box, openai/gpt-5.5]}
auto: {rules: [{name: "a: b #c", when: {labels: [hr], tools: false}, use: [box]}]}
"""


def again(loaded: Loaded) -> Settings:
    return from_bytes(as_yaml(loaded).encode(), FILE, {}).settings


def with_default_labels(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, labels=DEFAULT_LABELS | settings.labels)


def test_what_is_shown_reads_back_as_the_same_settings() -> None:
    loaded = from_bytes(TEXT, FILE, {})
    assert again(loaded) == with_default_labels(loaded.settings)
    assert again(read(None)) == with_default_labels(Settings())


def test_defaults_are_marked_and_what_was_written_is_not() -> None:
    lines = as_yaml(from_bytes(TEXT, FILE, {})).splitlines()
    assert lines[0].startswith("# wye.yaml, revision ")
    assert "listen: 127.0.0.1:4000  # default" in lines
    assert "default_label: phi" in lines
    assert "    lanes: [own, hosted]" in lines
    assert "    lanes: [own]  # default" in lines
    assert "      input: 0.10" in lines
    assert "      currency: USD  # default" in lines


def test_json_has_the_same_and_lists_the_defaults() -> None:
    loaded = from_bytes(TEXT, FILE, {})
    document = json.loads(as_json(loaded))
    assert document["file"] == "wye.yaml"
    assert document["revision"] == loaded.revision
    assert document["settings"]["labels"]["secret"]["lanes"] == ["own"]
    assert "listen" in document["defaults"]
    assert "default_label" not in document["defaults"]
    assert "labels.hr.lanes" not in document["defaults"]
    assert "labels.hr.quality" in document["defaults"]


def test_a_password_that_came_in_all_the_same_is_masked() -> None:
    settings = Settings(ledger=LedgerSettings(url="postgresql://wye:hunter2@db/wye"))
    loaded = Loaded(settings, None, (), Node({}))
    for text in (as_yaml(loaded), as_json(loaded)):
        assert "hunter2" not in text
        assert "postgresql://wye:***@db/wye" in text


NAME = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=12).filter(
    str.isprintable
)


@given(
    st.dictionaries(NAME.filter(lambda n: n != "auto"), st.just("ollama/x"), max_size=3),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    st.sampled_from([*Lane]),
)
def test_any_text_survives(aliases: dict[str, str], name: str, lane: Lane) -> None:
    settings = msgspec.structs.replace(
        Settings(),
        aliases=aliases,
        auto=msgspec.structs.replace(
            Settings().auto, rules=(Rule(name=name, lanes=(lane,), when=When(stream=True)),)
        ),
        labels={"x": LabelRule(lanes=(lane,))},
    )
    shown = Loaded(settings, None, (), Node({}))
    assert again(shown) == with_default_labels(settings)
