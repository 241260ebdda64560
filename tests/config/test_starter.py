"""The file `wye init` writes: it loads without a problem whatever was found, and only its aliases are new."""

import re
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from wye.catalog.deployments import LOOPBACK, Deployment, Endpoint, Profile
from wye.config.labels import DEFAULT_LABELS
from wye.config.load import Loaded, from_bytes
from wye.config.settings import Settings
from wye.config.starter import starter
from wye.core.lane import Lane


def deployment(provider: str, model: str, lane: Lane | None, *, strong: bool = False) -> Deployment:
    return Deployment(
        id=f"{provider}/{model}",
        model=model,
        provider=provider,
        lane=lane,
        endpoint=Endpoint("http", "127.0.0.1", 8080, networks=LOOPBACK),
        found_by=f"found as {model}",
        profile=Profile(strong=strong),
    )


def loaded(text: str) -> Loaded:
    result = from_bytes(text.encode(), Path("wye.yaml"), {})
    assert result.warnings == ()
    return result


FOUND = [
    deployment("openai", "gpt-5.5", Lane.CLOSED, strong=True),
    deployment("embedded", "small", Lane.OWN),
    deployment("tunnel-8000", "x", None),
]


def test_it_lists_what_was_found_and_what_is_missing() -> None:
    text = starter(FOUND, ["Set MISTRAL_API_KEY for more of the closed lane."])
    assert "#     openai/gpt-5.5  (found as gpt-5.5)\n" in text
    assert "# Note: Set MISTRAL_API_KEY for more" in text
    assert "#   unknown: not used until you say whose it is\n#     tunnel-8000/x" in text
    assert loaded(text).settings.aliases == {"best": ("openai/gpt-5.5",), "local": ("embedded/small",)}


def test_but_for_its_aliases_it_says_what_holds_anyway() -> None:
    settings = loaded(starter(FOUND)).settings
    assert settings.labels == DEFAULT_LABELS
    assert msgspec.structs.replace(settings, labels={}, aliases={}) == Settings()


def test_nothing_found_is_a_file_too() -> None:
    text = starter([])
    assert "# Nothing was found here yet." in text
    assert loaded(text).settings.aliases == {}


def test_many_are_counted_not_listed() -> None:
    text = starter([deployment("openai", f"m{n:03}", Lane.CLOSED) for n in range(300)])
    assert "#     and 292 more" in text
    assert len(text.splitlines()) < 100


def test_what_is_commented_out_loads_once_it_is_not() -> None:
    """Each commented example is valid where it stands."""
    head, mark, examples = (
        starter(FOUND).replace("  # eu-only", "  eu-only").partition("# What `model: auto`")
    )
    examples = re.sub(r"(?m)^# (?=(auto|tasks|providers|deployments|ledger):|  )", "", examples)
    example = head + mark + examples
    settings = from_bytes(example.encode(), Path("wye.yaml"), {}).settings
    assert settings.labels["eu-only"].regions == ("eu",)
    assert settings.ledger.url_env == "WYE_DATABASE_URL"
    assert settings.auto.rules[1].canary == {"anthropic/claude-opus-4-8": 5}
    assert settings.auto.objective.best == "quality"
    assert settings.tasks.keys() == {"contracts"}
    assert settings.deployments["gpu-box/llama"].lane is Lane.OWN
    assert settings.providers["openai"].api_key_file == "/run/secrets/openai"


HOSTILE = st.text(max_size=30) | st.sampled_from(
    ["a\nlisten: 0.0.0.0:1", "x: y", "#", "'", '"', "a b", "\u2028x", "*a", "{"]
)


@given(
    st.lists(
        st.builds(
            deployment,
            st.sampled_from(["openai", "ollama", "embedded", "nobody", "a\nb"]),
            HOSTILE,
            st.none() | st.sampled_from([*Lane]),
            strong=st.booleans(),
        ),
        max_size=6,
    ),
    st.lists(HOSTILE, max_size=3),
)
def test_whatever_engines_call_their_models_it_loads(found: list[Deployment], missing: list[str]) -> None:
    settings = loaded(starter(found, missing)).settings
    assert settings.listen == Settings().listen
    ids = {d.id for d in found}
    assert {name for to in settings.aliases.values() for name in to} <= ids
