"""The table of what closed models draw."""

import datetime as dt

from wye.catalog.energy import footprints


def test_every_figure_is_a_range_with_a_source() -> None:
    table = footprints()
    assert (table.source, table.licence, table.estimate) == ("EcoLogits 0.11.3", "MPL-2.0", True)
    assert table.as_of <= dt.datetime.now(dt.UTC).date()
    for name, found in table.models.items():
        for low, high in (found.kwh_request, found.kwh_token, found.kg_co2_request, found.kg_co2_token):
            assert 0 <= low <= high, name
        assert 0 < found.kwh_token[0] <= found.kwh_token[1] < 1e-3, name


def test_models_are_found_with_and_without_a_date() -> None:
    table = footprints()
    known = table.find("openai", "gpt-5.5")
    assert known is not None
    assert table.find("OpenAI", "GPT-5.5-20991231") == known
    assert table.find("openai", "gpt-5.5-2099-12-31") == known
    assert table.find("openai", "unheard-of") is None
