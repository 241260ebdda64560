"""The published JSON Schema: current, valid, and of one mind with the loader."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from wye.config.schema import schema
from wye.config.starter import starter

PUBLISHED = Path(__file__).parents[2] / "docs" / "wye.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(yaml.safe_load(schema()))


def test_the_published_schema_is_current() -> None:
    assert PUBLISHED.read_text() == schema(), "run: wye config schema > docs/wye.schema.json"


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(yaml.safe_load(schema()))


def test_every_field_a_person_can_write_and_not_guess_is_described() -> None:
    document = yaml.safe_load(schema())
    labels = document["$defs"]["LabelRule"]["properties"]
    assert labels["quality"]["description"] == "`ceiling`: the strong model or an error."
    assert "description" in document["$defs"]["DeploymentSettings"]["properties"]["machine_hour"]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        starter([]),
        "keys:\nlabels:\nauto:\n",
        "deployments: {a: {model: m, provider: openai, price: {input: 0.5, output: '1'}, machine_hour: 2}}",
        "labels: {a: {lanes: [own], quality: ceiling, regions: [eu]}}",
        "aliases: {a: b/c, d: [b/c]}",
    ],
)
def test_it_accepts_what_the_loader_accepts(text: str) -> None:
    VALIDATOR.validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text",
    [
        "lissten: a",
        "labels: {a: {lanes: own}}",
        "labels: {a: {lanes: [onw]}}",
        "deployments: {a: {}}",
        "deployments: {a: {model: m, concurrency: 0}}",
        "deployments: {a: {model: m, machine_hour: [2]}}",
        "discovery: {seconds: 3}",
    ],
)
def test_it_refuses_what_the_loader_refuses(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(yaml.safe_load(text))
