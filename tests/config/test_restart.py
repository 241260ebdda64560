"""What a reload cannot change."""

from pathlib import Path

import pytest

from wye.config.load import from_bytes
from wye.config.restart import start_only
from wye.config.settings import Settings


def parsed(text: str) -> Settings:
    return from_bytes(text.encode(), Path("wye.yaml"), {}).settings


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("listen: 127.0.0.1:1", ("listen",)),
        ("listener: {body_bytes: 1, access_log: false}", ("listener.body_bytes", "listener.access_log")),
        ("keys: {required: true, bootstrap_env: X}", ("keys.required", "keys.bootstrap_env")),
        ("ledger: {url: 'sqlite:////x', store_content: true}", ("ledger.url",)),
        ("embedded: {enabled: false}", ("embedded.enabled",)),
        ("telemetry: {service_name: x}", ("telemetry.service_name",)),
        (
            "default_label: phi\nlabels: {x: {}}\nauto: {labels: [x]}\ndiscovery: {engines: false}",
            (),
        ),
    ],
)
def test_what_is_read_at_the_start_only_is_named(text: str, fields: tuple[str, ...]) -> None:
    assert start_only(Settings(), parsed(text)) == fields
    assert start_only(parsed(text), Settings()) == fields
    assert start_only(parsed(text), parsed(text)) == ()


def test_every_setting_that_a_reload_takes_over_is_known() -> None:
    """A new section must be sorted: does a running gateway take it over?"""
    live = {"default_label", "labels", "providers", "deployments", "aliases", "routes", "auto", "discovery"}
    live |= {"responses", "tasks", "machines", "catalog", "organisation", "policy", "compliance"}
    live |= {"detection", "lineage"}
    start = {"listen", "listener", "keys", "ledger", "embedded", "telemetry"}
    assert set(Settings.__struct_fields__) == live | start
