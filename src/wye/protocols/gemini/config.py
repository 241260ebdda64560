"""`generationConfig` and `toolConfig` of a Gemini request, in both directions.

Source: Gemini API reference, "Generating content", `GenerationConfig`; "Caching", `ToolConfig`.
"""

from typing import Any

from wye.core.chat import Chat, Extras, Format, Sampling, ToolChoice
from wye.protocols.gemini.numbers import whole
from wye.protocols.gemini.schema import json_schema
from wye.protocols.wire.fields import FieldError, Fields

_JSON, _PLAIN = "application/json", "text/plain"
_MODES = {"MODE_UNSPECIFIED": "auto", "AUTO": "auto", "VALIDATED": "auto", "ANY": "required", "NONE": "none"}
_WORDS = {"auto": "AUTO", "required": "ANY", "tool": "ANY", "none": "NONE"}


def positive(config: Fields, name: str) -> int | None:
    """Take a count that is at least 1."""
    value = whole(config, name)
    if value is not None and value < 1:
        raise config.wrong(name, "must be at least 1")
    return value


def read_sampling(config: Fields) -> Sampling:
    """Take what decides how tokens are drawn."""
    return Sampling(
        temperature=config.number("temperature"),
        top_p=config.number("topP"),
        top_k=whole(config, "topK"),
        stop=config.texts("stopSequences"),
        seed=whole(config, "seed"),
        presence_penalty=config.number("presencePenalty"),
        frequency_penalty=config.number("frequencyPenalty"),
        logprobs=config.flag("responseLogprobs"),
        top_logprobs=whole(config, "logprobs"),
    )


def write_sampling(sampling: Sampling) -> Extras:
    """Return the members for it."""
    told: Extras = {
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "topK": sampling.top_k,
        "stopSequences": list(sampling.stop) or None,
        "seed": sampling.seed,
        "presencePenalty": sampling.presence_penalty,
        "frequencyPenalty": sampling.frequency_penalty,
        "responseLogprobs": sampling.logprobs,
        "logprobs": sampling.top_logprobs,
    }
    return {name: value for name, value in told.items() if value is not None}


def read_format(config: Fields) -> Format | None:
    """Take the shape the answer must have. One that is neither text nor JSON stays where it is."""
    kind = config.peek("responseMimeType")
    if kind not in (None, "", _JSON, _PLAIN):
        return None
    config.take("responseMimeType")
    if kind == _PLAIN:
        return Format()
    openapi, schema = config.object("responseSchema"), config.object("responseJsonSchema")
    if schema is None and openapi is not None:
        schema = json_schema(openapi)
    if schema is not None:
        return Format(kind="schema", schema=schema)
    return Format(kind="json") if kind == _JSON else None


def write_format(shape: Format, *, own: bool) -> Extras:
    """Return the members for it."""
    if shape.kind == "text":
        return {"responseMimeType": _PLAIN} if own else {}
    schema = {} if shape.schema is None else {"responseJsonSchema": shape.schema}
    return {"responseMimeType": _JSON} | schema


def read_tool_choice(asked: Fields) -> ToolChoice | None:
    """Take `functionCallingConfig` from `toolConfig`.

    That a call which may be left out has to follow the schema (`VALIDATED`) has no canonical place.
    """
    outer = asked.fields("toolConfig")
    if outer is None:
        return None
    config = outer.fields("functionCallingConfig")
    choice = None
    if config is not None:
        word = config.text("mode") or "AUTO"
        if word not in _MODES:
            raise FieldError(config.at("mode"), f"must be one of {', '.join(_MODES)}")
        if word == "VALIDATED":
            config.rest()["mode"] = word
        choice = _choice(_MODES[word], config.texts("allowedFunctionNames"))
        outer.put_back("functionCallingConfig", config.rest())
    asked.put_back("toolConfig", outer.rest())
    return choice


def _choice(mode: Any, allowed: tuple[str, ...]) -> ToolChoice:  # noqa: ANN401  # one of ToolChoice.mode's words
    if mode == "required" and len(allowed) == 1:
        return ToolChoice(mode="tool", name=allowed[0])
    return ToolChoice(mode=mode, allowed=allowed)


def write_tool_choice(choice: ToolChoice) -> Extras:
    """Return `toolConfig`. Which tools are allowed can be said only where a call is demanded or validated."""
    config: Extras = {"mode": _WORDS[choice.mode]}
    names = [choice.name] if choice.mode == "tool" else list(choice.allowed)
    if names:
        config["allowedFunctionNames"] = names
        config["mode"] = "VALIDATED" if choice.mode == "auto" else config["mode"]
    return {"functionCallingConfig": config}


def says_something(chat: Chat) -> bool:
    """Tell whether a tool choice says more than what holds anyway."""
    choice = chat.tool_choice
    return choice is not None and (choice.mode != "auto" or bool(choice.allowed))
