import pytest

from wye.core.usage import Usage
from wye.protocols.anthropic.usage import WireUsage, read_usage, to_usage, write_usage
from wye.protocols.wire.merging import merge


@pytest.mark.parametrize(
    ("wire", "usage"),
    [
        ({"input_tokens": 20, "output_tokens": 8}, Usage(20, 8)),
        ({"input_tokens": 20, "cache_creation": None, "cache_read_input_tokens": None}, Usage(20)),
        ({"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 30}, Usage(31, 2, 30)),
        ({"input_tokens": 1, "cache_creation_input_tokens": 40}, Usage(41, 0, 0, 40)),
        (
            {
                "input_tokens": 1,
                "cache_read_input_tokens": 10,
                "cache_creation_input_tokens": 300,
                "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 100},
            },
            Usage(311, 0, 10, 300, 0, 100),
        ),
        (
            {
                "input_tokens": 1,
                "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3},
            },
            Usage(6, 0, 0, 5, 0, 3),
        ),
        (
            {"input_tokens": 1, "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}},
            Usage(1, 9, 0, 0, 4),
        ),
        ({"output_tokens": 8}, None),
        ({"input_tokens": -1}, None),
        ({"input_tokens": "many"}, None),
        ({"input_tokens": 1, "cache_read_input_tokens": -1}, None),
    ],
)
def test_totals_hold_what_the_cache_gave_and_took(wire: dict[str, object], usage: Usage | None) -> None:
    read, _ = read_usage(wire)
    assert read == usage
    if usage is not None:
        assert read_usage(write_usage(usage)) == (usage, {})


def test_what_is_no_count_is_kept() -> None:
    wire = {
        "input_tokens": 1,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "forever": 1},
        "service_tier": "standard",
    }
    assert read_usage(wire) == (Usage(1), {"cache_creation": {"forever": 1}, "service_tier": "standard"})
    assert read_usage({"output_tokens": 1}) == (None, {"output_tokens": 1})


def test_a_later_count_leaves_what_it_does_not_say() -> None:
    first = WireUsage(input_tokens=3, output_tokens=1, cache_read_input_tokens=5)
    assert to_usage(merge(first, WireUsage(output_tokens=9))) == Usage(8, 9, 5)


def test_no_usage_is_written_as_zeros() -> None:
    assert write_usage(None)["input_tokens"] == write_usage(None)["output_tokens"] == 0
