import pytest

from wye.protocols.gemini.names import camel, snake
from wye.protocols.wire.fields import FieldError


def test_names_of_the_apis_are_spelled_one_way() -> None:
    told = {
        "system_instruction": {"parts": [{"thought_signature": "x"}]},
        "tools": [{"code_execution": {"an_option": 1}}],
        "contents": [{"parts": [{"function_call": {"name": "f", "args": {"my_key": 1}}}]}],
        "some_thing": {"in_side": 1},
    }
    assert camel(told) == {
        "systemInstruction": {"parts": [{"thoughtSignature": "x"}]},
        "tools": [{"codeExecution": {"an_option": 1}}],
        "contents": [{"parts": [{"functionCall": {"name": "f", "args": {"my_key": 1}}}]}],
        "some_thing": {"in_side": 1},
    }


def test_one_element_needs_no_brackets() -> None:
    assert camel({"contents": {"parts": {"text": "a"}}}) == {"contents": [{"parts": [{"text": "a"}]}]}


@pytest.mark.parametrize("value", [None, 7, "x", {"contents": 7}, {"contents": [7]}])
def test_what_has_no_names_stays(value: object) -> None:
    assert camel(value) == value


def test_two_spellings_of_one_member_are_refused() -> None:
    with pytest.raises(FieldError) as refused:
        camel({"contents": [{"parts": [{"inlineData": {}, "inline_data": {}}]}]})
    assert refused.value.path == "contents[0].parts[0].inlineData"


def test_snake() -> None:
    assert snake("maxOutputTokens") == "max_output_tokens"
