"""Papers say the same in every form, and none of it can command what shows it."""

import csv
import json

from wye.cli.paper import Paper, Table, written


def paper() -> Paper:
    rows = [("r1", 2, None), ("a|b\nc<script>", 0.5, "=HYPERLINK(1)")]
    return Paper(
        "A paper",
        [("who", "ACME, Inc."), ("proofs", "none")],
        [Table("Trail", ("id", "n", "x"), rows)],
        ["known"],
    )


def test_markdown() -> None:
    text = "".join(written(paper(), "markdown"))
    assert text.startswith("# A paper\n\n| what | said |\n|---|---|\n| who | ACME, Inc. |\n")
    table = "| id | n | x |\n|---|---|---|\n| r1 | 2 |  |\n| a\\|b c&lt;script> | 0.5 | =HYPERLINK(1) |\n"
    assert f"\n## Trail\n\n{table}" in text
    assert text.endswith("- known\n")


def test_csv() -> None:
    rows = list(csv.reader("".join(written(paper(), "csv")).splitlines(keepends=True)))
    assert rows[0] == ["of", "paper", "A paper"]
    assert ["fact", "who", "ACME, Inc."] in rows
    assert ["header", "Trail", "id", "n", "x"] in rows
    assert ["Trail", "a|b\nc<script>", "0.5", "'=HYPERLINK(1)"] in rows
    assert rows[-1] == ["note", "known"]


def test_json() -> None:
    found = json.loads("".join(written(paper(), "json")))
    assert found["facts"] == {"who": "ACME, Inc.", "proofs": "none"}
    assert found["tables"]["Trail"][0] == {"id": "r1", "n": 2, "x": None}
    assert found["notes"] == ["known"]
