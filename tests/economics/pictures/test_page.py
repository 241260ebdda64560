import re
from html.parser import HTMLParser

import msgspec

from economics.studied import UNPRICED, question, studied
from wye.economics.pictures.page import page
from wye.economics.study import study


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags = set[str]()
        self.attributes = set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Seen:
    seen = Seen()
    seen.feed(text)
    assert seen.open == []
    return seen


def test_a_page_needs_nothing_and_runs_nothing() -> None:
    text = page(studied())
    seen = read(text)
    assert {"svg", "table", "h1", "style"} <= seen.tags
    assert not {"script", "link", "img", "iframe", "object"} & seen.tags
    assert not {name for name in seen.attributes if name.startswith("on") or name in ("src", "href")}
    assert "url(" not in text
    assert "default-src 'none'" in text
    assert text == page(studied())


def test_every_figure_has_its_source_and_date() -> None:
    text = page(studied())
    assert "genai-prices" in text
    assert "SkyPilot" in text
    assert "estimate" in text
    assert len(re.findall(r"<td>20\d\d-\d\d-\d\d</td>", text)) > 20


def test_what_others_named_is_escaped() -> None:
    asked = question()
    evil = "<script>alert(1)</script>\"'&"
    baseline = msgspec.structs.replace(asked.baselines[0], name=evil)
    choice = msgspec.structs.replace(asked.choices[0], title=evil)
    text = page(study(msgspec.structs.replace(asked, baselines=(baseline,), choices=(choice,))))
    assert "script" not in read(text).tags
    assert "&lt;script&gt;" in text


def test_what_is_not_known_is_said() -> None:
    text = page(studied(baselines=(UNPRICED,)))
    read(text)
    assert "unknown" in text
