"""Paths of Gemini's API that name a model and what is asked of it.

Source: Gemini API reference, "API versions" and the `models` and `tunedModels` resources.
"""

from wye.protocols.gemini.codec import Gemini
from wye.protocols.gemini.count import GeminiCount
from wye.protocols.gemini.embed import GeminiEmbed

_VERSIONS = ("/v1beta/", "/v1/", "/v1alpha/")
_MODELS, _TUNED = "models/", "tunedModels/"


def gemini_at(path: str, query: bytes) -> Gemini | GeminiCount | GeminiEmbed | None:
    """Return what is spoken at `path` (decoded, RFC 3986 section 2.1); None = not Gemini.

    `query` says how a stream is framed (`alt=sse`); nothing of it goes to an upstream.
    """
    resource, _, method = path.rpartition(":")
    model = _model(resource)
    if not model:
        return None
    match method:
        case "generateContent":
            return Gemini(model)
        case "streamGenerateContent":
            return Gemini(model, stream=True, sse=b"alt=sse" in query.split(b"&"))
        case "countTokens":
            return GeminiCount(model)
        case "embedContent" | "batchEmbedContents":
            return GeminiEmbed(model, batch=method == "batchEmbedContents")
    return None


def _model(path: str) -> str:
    for version in _VERSIONS:
        if path.startswith(version):
            resource = path[len(version) :]
            if resource.startswith(_MODELS):
                return resource[len(_MODELS) :]
            return resource if resource.startswith(_TUNED) and resource != _TUNED else ""
    return ""
