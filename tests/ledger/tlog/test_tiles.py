import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.logs import made
from wye.ledger.tlog.errors import TamperedError
from wye.ledger.tlog.tiles import (
    TileHashes,
    decode_bundle,
    encode_bundle,
    number_path,
    tile_path,
    tiles_of,
)
from wye.ledger.tlog.tree import Frontier, leaf_hash, span


@pytest.mark.parametrize(
    ("number", "path"), [(0, "000"), (67, "067"), (1234067, "x001/x234/067"), (1000, "x001/000")]
)
def test_numbers_as_paths(number: int, path: str) -> None:
    assert number_path(number) == path


def test_paths() -> None:
    assert tile_path(0, 273, 112) == "tile/0/273.p/112"
    assert tile_path("entries", 5) == "tile/entries/005"


def test_the_tiles_of_the_specifications_examples() -> None:
    tiles = list(tiles_of(70_000))
    assert [tile for tile in tiles if tile[2] < 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert len(tiles) == 273 + 1 + 1 + 1 + 1
    assert list(tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles_of(0)) == []


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_return_what_was_put_in(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=5), st.data())
def test_a_bundle_that_ends_early_is_told_or_holds_less(entries: list[bytes], data: st.DataObject) -> None:
    whole = encode_bundle(entries)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        found = decode_bundle(cut)
    except ValueError:
        return
    assert found == entries[: len(found)] != entries


def test_any_subtree_is_read_from_tiles() -> None:
    entries = [b"%d" % i for i in range(66_000)]
    log = made(entries)
    grown, roots = Frontier(), {}
    for size, entry in enumerate(entries, 1):
        grown.append(leaf_hash(entry))
        if size in (1, 255, 256, 257, 65_535, 65_536, 65_537, 66_000):
            roots[size] = grown.root()
    hashes = TileHashes(log.source, len(entries))
    assert {size: span(hashes, 0, size) for size in roots} == roots


def test_a_full_tile_stands_in_for_a_partial_one() -> None:
    log = made([b"%d" % i for i in range(300)])
    older = made([b"%d" % i for i in range(200)])
    assert span(TileHashes(log.source, 200), 0, 200) == span(TileHashes(older.source, 200), 0, 200)


def test_what_is_missing_or_too_short_is_named() -> None:
    log = made([b"%d" % i for i in range(300)])
    log.files["tile/0/000"] = log.files["tile/0/000"][:-1]
    with pytest.raises(TamperedError, match=r"tile/0/000 ends before hash 256"):
        TileHashes(log.source, 300)(0, 255)
    with pytest.raises(TamperedError, match=r"tile/0/001\.p/45 is missing"):
        TileHashes(log.source, 301)(0, 256)
