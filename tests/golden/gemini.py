"""Gemini: requests as clients send them, answers whole and streamed. Written by us."""

import json
from typing import Any

from golden.requests import PDF, PNG, SHAPE, URL, WEATHER

Body = dict[str, Any]
SIGNATURE = "c2lnbmVk"
DECLARED: Body = {
    "name": "weather",
    "description": "The weather in a city.",
    "parametersJsonSchema": WEATHER,
}
OPEN_API: Body = {
    "name": "weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "OBJECT",
        "properties": {"city": {"type": "STRING", "nullable": True}, "days": {"type": "INTEGER"}},
        "required": ["city"],
    },
}
TOOLS: list[Body] = [{"functionDeclarations": [DECLARED]}]


def turn(role: str, *parts: Body) -> Body:
    return {"role": role, "parts": list(parts)}


def text(words: str, **members: Any) -> Body:
    return {"text": words, **members}


def call(city: str, identity: str = "", **members: Any) -> Body:
    named = {"id": identity} if identity else {}
    return {"functionCall": {**named, "name": "weather", "args": {"city": city}}, **members}


def result(response: Body, identity: str = "", **members: Any) -> Body:
    named = {"id": identity} if identity else {}
    return {"functionResponse": {**named, "name": "weather", "response": response, **members}}


HI = turn("user", text("Hi"))
ASK = turn("user", text("Paris or Rome?"))


def ask(*contents: Body, **members: Any) -> Body:
    return {"contents": list(contents) or [HI], **members}


def config(**members: Any) -> Body:
    return ask(generationConfig=members)


def choose(mode: str, *names: str) -> Body:
    allowed = {"allowedFunctionNames": list(names)} if names else {}
    return {"functionCallingConfig": {"mode": mode, **allowed}}


REQUESTS: dict[str, Body] = {
    "plain": ask(),
    "without a role": ask({"parts": [text("Hi")]}),
    "system": ask(systemInstruction={"parts": [text("Be short.")]}),
    "two systems": ask(systemInstruction={"parts": [text("A"), text("B")]}),
    "in snake case": ask(
        system_instruction={"parts": [text("Be short.")]}, generation_config={"max_output_tokens": 5}
    ),
    "several turns": ask(HI, turn("model", text("Hello!")), turn("user", text("Bye"))),
    "picture as data": ask(
        turn("user", {"inlineData": {"mimeType": "image/png", "data": PNG}}, text("What?"))
    ),
    "heic": ask(turn("user", {"inlineData": {"mimeType": "image/heic", "data": "AAAA"}})),
    "picture by url": ask(turn("user", {"fileData": {"mimeType": "image/png", "fileUri": URL}})),
    "uploaded file": ask(
        turn(
            "user",
            {
                "fileData": {
                    "mimeType": "application/pdf",
                    "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/x",
                }
            },
        )
    ),
    "pdf": ask(turn("user", {"inlineData": {"mimeType": "application/pdf", "data": PDF}})),
    "text file": ask(turn("user", {"inlineData": {"mimeType": "text/plain", "data": "UmFpbi4="}})),
    "sound": ask(turn("user", {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}})),
    "film": ask(turn("user", {"inlineData": {"mimeType": "video/mp4", "data": "AAAA"}})),
    "tools": ask(ASK, tools=TOOLS),
    "tools in OpenAPI": ask(ASK, tools=[{"functionDeclarations": [OPEN_API]}]),
    "tool without parameters": ask(ASK, tools=[{"functionDeclarations": [{"name": "now"}]}]),
    "auto": ask(ASK, tools=TOOLS, toolConfig=choose("AUTO")),
    "any tool": ask(ASK, tools=TOOLS, toolConfig=choose("ANY")),
    "forced tool": ask(ASK, tools=TOOLS, toolConfig=choose("ANY", "weather")),
    "no tool": ask(ASK, tools=TOOLS, toolConfig=choose("NONE")),
    "validated": ask(ASK, tools=TOOLS, toolConfig=choose("VALIDATED")),
    "tool loop": ask(
        ASK,
        turn("model", text("I look."), call("Paris"), call("Rome")),
        turn("user", result({"degrees": 18}), result({"output": "24 degrees"})),
        tools=TOOLS,
    ),
    "tool loop with ids": ask(
        ASK,
        turn("model", call("Paris", "a"), call("Rome", "b")),
        turn("user", result({"output": "24"}, "b"), result({"output": "18"}, "a")),
        tools=TOOLS,
    ),
    "failed tool": ask(
        ASK, turn("model", call("Paris")), turn("user", result({"error": "no such city"})), tools=TOOLS
    ),
    "picture from a tool": ask(
        ASK,
        turn("model", call("Paris")),
        turn(
            "user",
            result({"output": "See:"}, parts=[{"inlineData": {"mimeType": "image/png", "data": PNG}}]),
        ),
        tools=TOOLS,
    ),
    "signed call in a loop": ask(
        ASK,
        turn("model", call("Paris", thoughtSignature=SIGNATURE)),
        turn("user", result({"output": "18"})),
        tools=TOOLS,
    ),
    "signed call of before": ask(
        ASK,
        turn("model", call("Paris", thoughtSignature=SIGNATURE)),
        turn("user", result({"output": "18"})),
        turn("model", text("18.")),
        HI,
        tools=TOOLS,
    ),
    "thoughts of before": ask(HI, turn("model", text("Hm.", thought=True), text("Hello!")), HI),
    "signed text of before": ask(HI, turn("model", text("Hello!", thoughtSignature=SIGNATURE)), HI),
    "thinking": config(thinkingConfig={"thinkingBudget": 4096, "includeThoughts": True}),
    "thinking by itself": config(thinkingConfig={"thinkingBudget": -1}),
    "thinking off": config(thinkingConfig={"thinkingBudget": 0}),
    "thinking level": config(thinkingConfig={"thinkingLevel": "low"}, maxOutputTokens=8000),
    "schema": config(responseMimeType="application/json", responseJsonSchema=SHAPE),
    "schema in OpenAPI": config(
        responseMimeType="application/json",
        responseSchema={"type": "OBJECT", "properties": {"answer": {"type": "INTEGER"}}},
    ),
    "json": config(responseMimeType="application/json"),
    "sampling": config(temperature=0.2, topP=0.9, topK=5, stopSequences=["END"], maxOutputTokens=50, seed=1),
    "penalties": config(presencePenalty=0.1, frequencyPenalty=0.2),
    "hot": config(temperature=1.7),
    "logprobs": config(responseLogprobs=True, logprobs=3),
    "several choices": config(candidateCount=2),
    "text only": config(responseModalities=["TEXT"]),
    "speaks": config(responseModalities=["AUDIO"], speechConfig={"languageCode": "en-US"}),
    "paints": config(responseModalities=["TEXT", "IMAGE"], imageConfig={"aspectRatio": "1:1"}),
    "fine pictures": config(mediaResolution="MEDIA_RESOLUTION_HIGH"),
    "safety": ask(safetySettings=[{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]),
    "cached content": ask(cachedContent="cachedContents/x"),
    "google search": ask(ASK, tools=[{"googleSearch": {}}]),
    "code of before": ask(
        ASK,
        turn("model", {"executableCode": {"language": "PYTHON", "code": "1"}}),
        HI,
    ),
    "prefill": ask(HI, turn("model", text("The answer is"))),
}

USAGE: Body = {
    "promptTokenCount": 120,
    "cachedContentTokenCount": 100,
    "candidatesTokenCount": 18,
    "thoughtsTokenCount": 12,
    "totalTokenCount": 150,
}


def answer(finish: str | None, *parts: Body, **members: Any) -> Body:
    candidate: Body = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate | members],
        "usageMetadata": USAGE,
        "modelVersion": "gemini-m",
        "responseId": "r-1",
    }


GROUNDED: Body = {
    "groundingChunks": [{"web": {"uri": "https://example.org", "title": "Example"}}],
    "groundingSupports": [
        {"segment": {"startIndex": 0, "endIndex": 2, "text": "Hi"}, "groundingChunkIndices": [0]}
    ],
    "webSearchQueries": ["hi"],
}
LOGPROBS: Body = {
    "topCandidates": [{"candidates": [{"token": "Hi", "tokenId": 1, "logProbability": -0.1}]}],
    "chosenCandidates": [{"token": "Hi", "tokenId": 1, "logProbability": -0.1}],
}

ANSWERS: dict[str, Body] = {
    "text": answer("STOP", text("Hello!")),
    "two texts": answer("STOP", text("Hello!"), text(" Bye.")),
    "length": answer("MAX_TOKENS", text("Hel")),
    "calls": answer("STOP", text("I look."), call("Paris"), call("Rome")),
    "calls with ids": answer("STOP", call("Paris", "a"), call("Rome", "b")),
    "signed calls": answer("STOP", call("Paris", thoughtSignature=SIGNATURE), call("Rome")),
    "thoughts": answer("STOP", text("Hm.", thought=True), text("4")),
    "thoughts and a signed text": answer(
        "STOP", text("Hm.", thought=True), text("4", thoughtSignature=SIGNATURE)
    ),
    "safety": answer("SAFETY"),
    "recitation": answer("RECITATION", text("He")),
    "malformed call": answer("MALFORMED_FUNCTION_CALL", finishMessage="Malformed"),
    "blocked prompt": {
        "promptFeedback": {"blockReason": "SAFETY"},
        "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5},
        "modelVersion": "gemini-m",
        "responseId": "r-1",
    },
    "grounded": answer("STOP", text("Hi"), groundingMetadata=GROUNDED),
    "logprobs": answer("STOP", text("Hi"), logprobsResult=LOGPROBS, avgLogprobs=-0.1),
    "picture": answer("STOP", text("See:"), {"inlineData": {"mimeType": "image/png", "data": PNG}}),
    "code": answer(
        "STOP",
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        text("1"),
    ),
    "without usage": {"candidates": answer("STOP", text("Hi"))["candidates"], "responseId": "r-1"},
}


def events(*chunks: Body) -> str:
    return "".join(f"data: {json.dumps(one)}\r\n\r\n" for one in chunks)


STREAMS: dict[str, str] = {
    "text": events(answer(None, text("Hel")), answer("STOP", text("lo!"))),
    "length": events(answer(None, text("Hel")), answer("MAX_TOKENS", text(""))),
    "calls": events(answer(None, text("I look.")), answer(None, call("Paris")), answer("STOP", call("Rome"))),
    "signed calls": events(
        answer(None, call("Paris", thoughtSignature=SIGNATURE), call("Rome")), answer("STOP", text(""))
    ),
    "thoughts": events(
        answer(None, text("H", thought=True)),
        answer(None, text("m.", thought=True)),
        answer(None, text("4")),
        answer("STOP", text("", thoughtSignature=SIGNATURE)),
    ),
    "thoughts, a call, more": events(
        answer(None, text("Hm.", thought=True)),
        answer(None, call("Paris", thoughtSignature=SIGNATURE)),
        answer("STOP", text("Wait.")),
    ),
    "safety": events(answer(None, text("He")), answer("SAFETY")),
    "blocked prompt": events(ANSWERS["blocked prompt"]),
    "grounded": events(answer(None, text("Hi")), answer("STOP", text(""), groundingMetadata=GROUNDED)),
    "logprobs": events(answer("STOP", text("Hi"), logprobsResult=LOGPROBS)),
    "picture": events(answer("STOP", {"inlineData": {"mimeType": "image/png", "data": PNG}})),
    "error": events(
        answer(None, text("Hel")),
        {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}},
    ),
    "cut off": events(answer(None, text("Hel"))),
}
