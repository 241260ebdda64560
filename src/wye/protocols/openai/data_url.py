"""Data in a URL, as both of OpenAI's protocols take pictures and files. Source: RFC 2397."""

from typing import Literal

from wye.core.chat import Source


def read_url(url: str) -> Source:
    """Return where the content of `url` is. What is no URL is data without a stated type."""
    if url.startswith("data:") and ";base64," in url:
        media_type, _, value = url[5:].partition(";base64,")
        return Source(kind="data", value=value, media_type=media_type)
    kind: Literal["url", "data"] = "url" if url.startswith(("http://", "https://")) else "data"
    return Source(kind=kind, value=url)


def write_url(source: Source) -> str:
    """Return the URL of data, or of what is elsewhere."""
    if source.kind == "data" and source.media_type:
        return f"data:{source.media_type};base64,{source.value}"
    return source.value
