import pytest

from wye.catalog.deployments import Deployment, Endpoint, Profile
from wye.core.lane import Lane
from wye.core.secret import Secret
from wye.core.spelling import Spelling
from wye.gateway.gate import Gate
from wye.gateway.target import Target, _manner, target
from wye.protocols.translate import Wire

HERE = Endpoint("http", "127.0.0.1", 8000)


def made(model: str = "m", **fields: object) -> Target:
    return target(Deployment("d", model, "p", Lane.OWN, HERE, "test", **fields), Gate("d", 1, 0, 1))  # type: ignore[arg-type]


def test_each_protocol_has_its_own_way_to_say_who_asks() -> None:
    openai = made(api_key=Secret("sk-up"))
    assert b"authorization: Bearer sk-up\r\n" in openai.head
    assert b"x-api-key" not in openai.head
    anthropic = made(api_key=Secret("sk-up"), protocol="anthropic_messages")
    assert anthropic.head.endswith(b"anthropic-version: 2023-06-01\r\nx-api-key: sk-up\r\n")
    assert b"authorization" not in anthropic.head
    assert made(protocol="anthropic_messages").head.endswith(b"anthropic-version: 2023-06-01\r\n")
    assert "sk-up" not in repr(anthropic)


def test_what_an_upstream_speaks_beside_needs_its_headers() -> None:
    router = made(api_key=Secret("sk-up"), also=frozenset({"anthropic_messages"}))
    assert b"authorization: Bearer sk-up\r\n" in router.head
    assert b"anthropic-version: 2023-06-01\r\n" in router.head
    assert router.verbatim >= {"openai_chat", "anthropic_messages"}
    assert "anthropic_count_tokens" not in router.verbatim


def test_what_an_upstream_takes_as_it_is() -> None:
    assert made().verbatim == {"openai_chat", "openai_embeddings"}
    assert made(protocol="anthropic_messages").verbatim == {"anthropic_messages", "anthropic_count_tokens"}


def test_the_wire_says_what_the_deployment_does() -> None:
    spelling = Spelling(
        max_output_field="max_completion_tokens",
        stream_options=False,
        reasoning_field="reasoning",
        effort_field="thinking",
    )
    assert made(spelling=spelling).wire == Wire(
        model="m",
        max_tokens_field="max_completion_tokens",
        include_usage=False,
        reasoning_field="reasoning",
        spelling=spelling,
        default_max_tokens=8192,
    )
    assert made().wire.default_max_tokens == 8192
    assert made(profile=Profile(max_output_tokens=4096)).wire.default_max_tokens == 4096
    assert made(profile=Profile(max_output_tokens=64_000)).wire.default_max_tokens == 8192


@pytest.mark.parametrize(
    ("model", "adaptive"),
    [
        ("claude-opus-4-8", True),
        ("claude-sonnet-4-6-20260217", True),
        ("claude-opus-5-5", True),
        ("claude-fable-5", True),
        ("claude-opus-4-5", False),
        ("claude-opus-4-20250514", False),
        ("claude-sonnet-4-5-20250929", False),
        ("claude-haiku-4-5", False),
        ("gpt-5.5", False),
    ],
)
def test_which_models_choose_how_long_to_think(model: str, *, adaptive: bool) -> None:
    assert made(model).wire.adaptive_thinking is adaptive


def test_upstreams_of_one_manner_lose_the_same() -> None:
    one, other = made("one"), made("other")
    assert one.manner == other.manner
    assert one.manner != made("one", protocol="anthropic_messages").manner
    assert one.manner != made("one", spelling=Spelling(reasoning_field="reasoning")).manner
    gemini = [made(name, protocol="gemini").manner for name in ("g/one", "g/two")]
    assert gemini[0] != gemini[1], "what it takes hangs on the model"


def test_names_that_callers_invent_are_not_remembered_for_ever() -> None:
    first = made("gemini-0", protocol="gemini").manner
    assert made("gemini-0", protocol="gemini").manner == first
    most = _manner.cache_info().maxsize
    assert most is not None
    others = {made(f"gemini-{number}", protocol="gemini").manner for number in range(1, most + 2)}
    assert len(others) == most + 1
    assert first not in others
    assert _manner.cache_info().currsize == most
