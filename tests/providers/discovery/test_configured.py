"""Keys from the environment and files, and what `wye.yaml` declares."""

import datetime as dt
import os
from decimal import Decimal
from pathlib import Path

import pytest

from wye.catalog.deployments import LOOPBACK
from wye.catalog.providers import PROVIDERS
from wye.config.economy import MachineSettings, PowerSettings
from wye.config.settings import DiscoverySettings, Settings
from wye.config.upstreams import DeploymentSettings, PriceSettings, ProfileSettings, ProviderSettings
from wye.core.lane import Lane
from wye.core.request import Operation
from wye.core.secret import Secret
from wye.core.spelling import Spelling
from wye.providers.discovery import Discovered, Probe, discover, dynamic

QUIET = DiscoverySettings(engines=False)


async def _found(probe: Probe, environ: dict[str, str], settings: Settings | None = None) -> Discovered:
    return await discover(settings or Settings(discovery=QUIET), environ, probe)


async def test_nothing_set_says_what_to_set(probe: Probe) -> None:
    found = await _found(probe, {})
    assert found.deployments == ()
    assert found.missing[0] == "set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY for the closed lane"
    assert found.missing[1].endswith("for the hosted lane")


async def test_a_key_brings_up_its_provider(probe: Probe) -> None:
    found = await _found(probe, {"OPENAI_API_KEY": " sk-one \n", "MISTRAL_API_KEY": "m"})
    openai = next(one for one in found.deployments if one.id == "openai/gpt-5.5")
    assert openai.api_key == Secret("sk-one")
    assert (openai.found_by, openai.lane, openai.profile.strong) == ("OPENAI_API_KEY", Lane.CLOSED, True)
    assert {one.provider for one in found.deployments} == {"openai", "mistral"}
    assert {one.lane for one in found.deployments if one.provider == "mistral"} == {Lane.CLOSED, Lane.HOSTED}
    assert found.missing == ()
    assert "sk-one" not in repr(found)


async def test_any_other_model_is_a_name_away(probe: Probe) -> None:
    found = await _found(probe, {"GROQ_API_KEY": "g"})
    made = dynamic(found, "groq/llama-3.1-8b-instant")
    assert made is not None
    assert (made.id, made.lane) == ("groq/llama-3.1-8b-instant", Lane.HOSTED)
    unknown = dynamic(found, "groq/brand-new")
    assert unknown is not None
    assert (unknown.price, unknown.lane) == (None, Lane.CLOSED)
    for name in ("openai/gpt-5.5", "groq/", "groq", "groq/a b", "groq/a\nb", f"groq/{'x' * 201}", ""):
        assert dynamic(found, name) is None


async def test_a_key_may_stand_in_a_file(probe: Probe, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-file\n")
    found = await _found(probe, {"OPENAI_API_KEY_FILE": str(file)})
    assert found.deployments[0].api_key == Secret("sk-file")
    assert found.deployments[0].found_by == "OPENAI_API_KEY_FILE"


@pytest.mark.parametrize("kind", ["missing", "directory", "pipe", "large", "empty", "binary", "two lines"])
async def test_a_file_that_holds_no_key_is_noted_and_never_shown(
    probe: Probe, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "key"
    match kind:
        case "directory":
            file.mkdir()
        case "pipe":
            os.mkfifo(file)
        case "large":
            file.write_text("s" * 8_193)
        case "empty":
            file.write_text("\n")
        case "binary":
            file.write_bytes(b"sk-\xff\x00\x01")
        case "two lines":
            file.write_text("sk-secret\nEvil: header\n")
    found = await _found(probe, {"OPENAI_API_KEY_FILE": str(file)})
    assert found.deployments == ()
    assert "OPENAI_API_KEY_FILE" in found.notes[0]
    assert "sk-" not in found.notes[0]


@pytest.mark.parametrize("variable", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
async def test_google_is_found_by_its_key_and_speaks_its_own_protocol(probe: Probe, variable: str) -> None:
    found = await _found(probe, {variable: "AIza-made-up"})
    strong = found.deployments[0]
    assert (strong.id, strong.protocol, strong.found_by) == (
        "google/gemini-3.1-pro-preview",
        "gemini",
        variable,
    )
    assert strong.endpoint.url == "https://generativelanguage.googleapis.com/v1beta"
    assert strong.price is not None
    assert strong.price.tiers[0].above_input_tokens == 200_000


async def test_anthropic_is_found_by_its_key_and_speaks_its_own_protocol(probe: Probe) -> None:
    found = await _found(probe, {"ANTHROPIC_API_KEY": "sk-ant-x"})
    strong, small = found.deployments
    assert (strong.id, strong.lane, strong.profile.strong) == (
        "anthropic/claude-opus-4-8",
        Lane.CLOSED,
        True,
    )
    assert (small.id, small.profile.strong) == ("anthropic/claude-haiku-4-5", False)
    assert {one.protocol for one in found.deployments} == {"anthropic_messages"}
    assert all("closed lane" not in one for one in found.missing)


async def test_config_says_what_an_upstream_speaks(probe: Probe) -> None:
    own = DeploymentSettings(
        model="m", base_url="http://127.0.0.1:8000/v1", lane=Lane.OWN, protocol="anthropic_messages"
    )
    other = ProviderSettings(base_url="https://llm.example/v1", protocol="anthropic_messages", models=("m",))
    settings = Settings(
        discovery=DiscoverySettings(engines=False, environment=False),
        deployments={"mine": own},
        providers={"other": other},
    )
    found = await _found(probe, {}, settings)
    assert {one.id: one.protocol for one in found.deployments} == {
        "mine": "anthropic_messages",
        "other/m": "anthropic_messages",
    }


async def test_the_environment_may_be_left_alone(probe: Probe) -> None:
    environ = {"OPENAI_API_KEY": "a", "GROQ_API_KEY": "b"}
    quiet = DiscoverySettings(engines=False, environment=False)
    found = await _found(probe, environ, Settings(discovery=quiet, providers={"groq": ProviderSettings()}))
    assert {one.provider for one in found.deployments} == {"groq"}


@pytest.mark.parametrize("environment", [False, True])
async def test_a_deployments_own_key_is_no_discovery(probe: Probe, *, environment: bool) -> None:
    settings = Settings(
        discovery=DiscoverySettings(engines=False, environment=environment),
        providers={
            "groq": ProviderSettings(enabled=False),
            "inhouse": ProviderSettings(
                base_url="https://llm.example/v1", lane=Lane.HOSTED, region="eu", api_key_env="UNSET"
            ),
        },
        deployments={
            "ours": DeploymentSettings(model="gpt-5.5", provider="openai", api_key_env="TEAM_KEY"),
            "inside": DeploymentSettings(model="m", provider="inhouse", api_key_env="TEAM_KEY"),
            "off": DeploymentSettings(model="m", provider="groq", api_key_env="TEAM_KEY"),
            "bare": DeploymentSettings(model="gpt-5.5", provider="openai"),
        },
    )
    found = await _found(probe, {"TEAM_KEY": "t"}, settings)
    by_id = {one.id: one for one in found.deployments}
    assert set(by_id) == {"ours", "inside"}
    assert by_id["ours"].api_key == by_id["inside"].api_key == Secret("t")
    assert (by_id["ours"].endpoint.host, by_id["ours"].profile.strong) == ("api.openai.com", True)
    assert (by_id["inside"].endpoint.host, by_id["inside"].region) == ("llm.example", "eu")
    why = "OPENAI_API_KEY is not set" if environment else "discovery.environment is false"
    assert any(note.startswith(f"deployments.bare is left out: {why}") for note in found.notes)
    assert "deployments.off is left out: provider 'groq' is disabled" in found.notes


async def test_a_provider_is_bent_by_config(probe: Probe, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from-file")
    settings = Settings(
        discovery=QUIET,
        providers={
            "openai": ProviderSettings(models=("gpt-5.5", "gpt-5.1"), region="eu", api_key_file=str(file)),
            "groq": ProviderSettings(enabled=False),
            "together": ProviderSettings(api_key_env="TEAM_KEY"),
            "ollama": ProviderSettings(),
            "embedded": ProviderSettings(),
            "inhouse": ProviderSettings(
                base_url="https://llm.example.com/v1",
                lane=Lane.HOSTED,
                models=("m",),
                networks=("10.0.0.0/8",),
            ),
        },
    )
    found = await _found(probe, {"GROQ_API_KEY": "g", "OPENAI_API_KEY": "o"}, settings)
    by_id = {one.id: one for one in found.deployments}
    assert set(by_id) == {"openai/gpt-5.5", "openai/gpt-5.1", "inhouse/m"}
    assert by_id["openai/gpt-5.1"].api_key == Secret("from-file")
    assert by_id["openai/gpt-5.5"].region == "eu"
    assert by_id["openai/gpt-5.5"].profile.strong
    assert dynamic(found, "openai/gpt-4o") is None
    assert (by_id["inhouse/m"].lane, by_id["inhouse/m"].api_key) == (Lane.HOSTED, None)
    assert str((by_id["inhouse/m"].endpoint.networks or ())[0]) == "10.0.0.0/8"
    assert found.notes == ("providers.together: TEAM_KEY is not set",)


async def test_how_an_upstream_spells_is_known_and_config_has_the_last_word(probe: Probe) -> None:
    said = DeploymentSettings(
        model="mistral-large-2512",
        provider="mistral",
        max_output_field="max_completion_tokens",
        stream_options=True,
        reasoning_field="reasoning",
        effort_field="reasoning_effort",
        call_ids="any",
        formats="object",
        takes=("top_k",),
        refuses=("n",),
        also=("anthropic_messages",),
    )
    settings = Settings(
        discovery=QUIET,
        providers={"mistral": ProviderSettings(models=())},
        deployments={
            "said": said,
            "known": DeploymentSettings(model="mistral-large-2512", provider="mistral"),
            "gpu": DeploymentSettings(
                model="mistralai/Devstral-Small-2507",
                provider="vllm",
                base_url="http://10.0.0.5:8000/v1",
                lane=Lane.OWN,
                networks=("10.0.0.0/8",),
                profile=ProfileSettings(tools=False, json=True),
            ),
        },
    )
    found = await _found(probe, {"MISTRAL_API_KEY": "m"}, settings)
    by_id = {one.id: one for one in found.deployments}
    assert by_id["known"].spelling == PROVIDERS["mistral"].spelling
    assert by_id["said"].also == {"anthropic_messages"}
    assert by_id["said"].spelling == Spelling(
        max_output_field="max_completion_tokens",
        reasoning_field="reasoning",
        formats="object",
        takes=frozenset({"top_k"}),
        refuses=frozenset({"n"}),
    )
    gpu = by_id["gpu"]
    assert (gpu.provider, gpu.spelling.call_ids, gpu.also) == ("vllm", "nine", {"openai_completions"})
    assert gpu.emulates_tools


async def test_a_deployment_is_what_config_says(probe: Probe) -> None:
    settings = Settings(
        discovery=QUIET,
        deployments={
            "big": DeploymentSettings(
                model="gpt-5.5",
                provider="openai",
                price=PriceSettings(input=Decimal(4), output=Decimal(20), as_of="2026-01-01"),
                profile=ProfileSettings(strong=False, context_tokens=9),
                retries=0,
            ),
            "local": DeploymentSettings(
                model="qwen",
                base_url="http://localhost:9000/v1",
                lane=Lane.OWN,
                operations=("chat", "embeddings"),
                machine_hour=Decimal("2.5"),
                slots=8,
            ),
            "later": DeploymentSettings(
                model="gpt-5.5",
                provider="openai",
                price=PriceSettings(input=Decimal(1), output=Decimal(1), as_of="2999-01-01"),
            ),
            "lost": DeploymentSettings(model="x", provider="groq"),
            "keyless": DeploymentSettings(
                model="x", base_url="https://x.example/v1", lane=Lane.CLOSED, api_key_env="NOT_SET"
            ),
        },
    )
    found = await _found(probe, {"OPENAI_API_KEY": "o"}, settings)
    by_id = {one.id: one for one in found.deployments}
    big, local = by_id["big"], by_id["local"]
    assert big.price is not None
    assert (big.price.rates.input, big.price.as_of, big.price.source) == (4, dt.date(2026, 1, 1), "wye.yaml")
    assert (big.profile.strong, big.profile.context_tokens, big.profile.tools) == (False, 9, True)
    assert (big.api_key, big.spelling.max_output_field, big.retries) == (
        Secret("o"),
        "max_completion_tokens",
        0,
    )
    assert (local.lane, local.provider, local.endpoint.networks) == (Lane.OWN, "custom", LOOPBACK)
    assert local.operations == {Operation.CHAT, Operation.EMBEDDINGS}
    assert (local.machine_hour, local.slots, local.api_key) == (Decimal("2.5"), 8, None)
    later = by_id["later"].price
    assert later is not None
    assert later.rates.input == 5
    assert [note.split(":")[0] for note in found.notes] == [
        "deployments.lost is left out",
        "deployments.keyless is left out",
    ]


async def test_machines_share_their_bill_slot_by_slot(probe: Probe) -> None:
    def served(slots: int, energy_hour: Decimal | None = None) -> DeploymentSettings:
        return DeploymentSettings(
            model="m",
            base_url="http://localhost:9000/v1",
            lane=Lane.OWN,
            machines="rack",
            slots=slots,
            energy_hour=energy_hour,
        )

    power = PowerSettings(kw=Decimal(2), idle_kw=Decimal(1), pue=Decimal(1), kwh=Decimal("0.1"))
    rack = MachineSettings(rent_hour=Decimal(4), power=power)
    small, large = served(8), served(24, energy_hour=Decimal(3))
    settings = Settings(
        discovery=QUIET, machines={"rack": rack}, deployments={"small": small, "large": large}
    )
    found = {one.id: one for one in (await _found(probe, {}, settings)).deployments}
    assert (found["small"].machine_hour, found["small"].energy_hour) == (Decimal("1.05"), Decimal("0.025"))
    assert (found["large"].machine_hour, found["large"].energy_hour) == (Decimal("3.15"), 3)


async def test_a_declared_name_wins_over_a_found_one(probe: Probe) -> None:
    mine = DeploymentSettings(model="other", base_url="http://127.0.0.1:9/v1", lane=Lane.OWN)
    settings = Settings(discovery=QUIET, deployments={"openai/gpt-5.5": mine})
    found = await _found(probe, {"OPENAI_API_KEY": "o"}, settings)
    assert [one.model for one in found.deployments if one.id == "openai/gpt-5.5"] == ["other"]
