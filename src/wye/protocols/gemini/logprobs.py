"""`logprobsResult` of a Gemini candidate, to and from OpenAI Chat's shape.

Source: Gemini API reference, "Generating content", `LogprobsResult`; OpenAI API reference, "The chat
completion object". Numbers of tokens mean something to one tokenizer alone and are left out.
"""

from wye.core.chat import Extras
from wye.protocols.wire.fields import Fields


def read_logprobs(result: Fields) -> Extras:
    """Return it in OpenAI Chat's shape. Raises `FieldError`."""
    chosen, tops = result.many("chosenCandidates"), result.many("topCandidates")
    content = [_read(one) for one in chosen]
    for at, one in enumerate(content):
        one["top_logprobs"] = [_read(top) for top in tops[at].many("candidates")] if at < len(tops) else []
    return {"content": content, "refusal": None}


def _read(one: Fields) -> Extras:
    token, logprob = one.text("token"), one.number("logProbability") or 0.0
    return {"token": token, "logprob": logprob, "bytes": list(token.encode("utf-8", "replace"))}


def write_logprobs(logprobs: Extras) -> Extras:
    """Return OpenAI Chat's `logprobs` as Gemini says them; what is not well formed is left out."""
    content = logprobs.get("content")
    tokens = [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []
    if not tokens:
        return {}
    result: Extras = {"chosenCandidates": [_write(one) for one in tokens]}
    if any(one.get("top_logprobs") for one in tokens):
        result["topCandidates"] = [{"candidates": _write_tops(one)} for one in tokens]
    return result


def _write_tops(token: Extras) -> list[Extras]:
    tops = token.get("top_logprobs")
    return [_write(top) for top in tops if isinstance(top, dict)] if isinstance(tops, list) else []


def _write(token: Extras) -> Extras:
    return {"token": token.get("token", ""), "logProbability": token.get("logprob", 0.0)}
