import sys
import xml.etree.ElementTree as ET

import pytest

from economics.studied import UNPRICED, studied
from wye.economics.optional import MissingPackageError
from wye.economics.pictures.drawing import draw


def test_a_picture_is_the_same_each_time() -> None:
    study = studied()
    svg = draw(study, "svg")
    assert svg == draw(study, "svg")
    texts = {text for one in ET.fromstring(svg).iter() if (text := (one.text or "").strip())}  # noqa: S314  # ours
    assert {"tokens a month", "closed: gpt-5.5", "on_call"} <= texts
    assert b"dc:date" not in svg


def test_a_png_is_one() -> None:
    png = draw(studied(baselines=(UNPRICED,)), "png")
    assert png.startswith(b"\x89PNG")


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'wye\[economics\]'"):
        draw(studied(), "svg")
