import re
from html.parser import HTMLParser

import msgspec

from economics.studied import UNPRICED, question, studied
from wye.economics.pictures.colours import COLOURS, ON_DARK
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


def test_lanes_are_named_in_their_colours_on_either_background() -> None:
    text = page(studied())
    assert '<span class="closed">━ closed: gpt-5.5</span>' in text
    for lane in ("closed", "hosted", "own"):
        assert f".{lane} {{ color: {COLOURS[lane]}; }}" in text
        assert f".{lane} {{ color: {ON_DARK[lane]}; }}" in text
        assert contrast(COLOURS[lane], "#ffffff") >= 3  # WCAG 2.2, 1.4.11: what is drawn
        assert contrast(ON_DARK[lane], "#121212") >= 4.5  # 1.4.3: text


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


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
