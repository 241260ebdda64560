import pytest

from wye.core.chat import Source
from wye.protocols.openai.data_url import read_url, write_url


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("data:image/png;base64,AA==", Source(kind="data", value="AA==", media_type="image/png")),
        ("https://x/y.png", Source(kind="url", value="https://x/y.png")),
        ("http://x/y.png", Source(kind="url", value="http://x/y.png")),
        ("AA==", Source(kind="data", value="AA==")),
        ("data:,hello", Source(kind="data", value="data:,hello")),
        ("", Source(kind="data", value="")),
    ],
)
def test_what_a_url_holds_and_back(url: str, source: Source) -> None:
    assert read_url(url) == source
    assert write_url(source) == url
