import msgspec
import pytest

from wye.core.usage import Usage
from wye.protocols.openai.usage import WireUsage, to_usage


@pytest.mark.parametrize(
    ("wire", "usage"),
    [
        ({"prompt_tokens": 20, "completion_tokens": 8, "total_tokens": 28}, Usage(20, 8)),
        ({"prompt_tokens": 20, "prompt_tokens_details": None, "completion_tokens_details": None}, Usage(20)),
        (
            {
                "prompt_tokens": 563,
                "completion_tokens": 116,
                "total_tokens": 679,
                "prompt_cache_hit_tokens": 512,
                "completion_tokens_details": {"reasoning_tokens": 60},
            },
            Usage(563, 116, 512, 0, 60),
        ),
        ({"prompt_tokens": 70, "completion_tokens": 12, "num_cached_tokens": 69}, Usage(70, 12, 69)),
        ({"prompt_tokens": 19, "completion_tokens": 29, "cached_tokens": 4}, Usage(19, 29, 4)),
        # thinking that is billed as output but only shows in the total
        ({"prompt_tokens": 35, "completion_tokens": 12, "total_tokens": 109}, Usage(35, 74, 0, 0, 62)),
        # more reasoning than output: seen in the wild, and no reason to lose the usage
        (
            {
                "prompt_tokens": 43,
                "completion_tokens": 10,
                "completion_tokens_details": {"reasoning_tokens": 11},
            },
            Usage(43, 10, 0, 0, 10),
        ),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cache_write_tokens": 6, "cached_tokens": 3},
            },
            Usage(10, 1, 3, 6),
        ),
        ({}, None),
        ({"prompt_tokens": 2**40, "completion_tokens": 2**40}, Usage(2**40, 2**40)),
        *(
            (fields, None)
            for count in (2**41, 2**63, 2**64)
            for fields in (
                {"prompt_tokens": count},
                {"prompt_tokens": 1, "completion_tokens": count},
                {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": count},
                {"prompt_tokens": 1, "completion_tokens_details": {"reasoning_tokens": count}},
            )
        ),
        ({"prompt_tokens": -1, "completion_tokens": 1}, None),
        ({"prompt_tokens": 5, "completion_tokens": 1, "cached_tokens": 6}, None),
    ],
)
def test_every_spelling(wire: dict[str, object], usage: Usage | None) -> None:
    assert to_usage(msgspec.convert(wire, WireUsage)) == usage


def test_no_usage() -> None:
    assert to_usage(None) is None
