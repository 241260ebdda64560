import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.ledger.tlog import tree
from wye.ledger.tlog.tree import Frontier, consistency_proof, extends, includes, inclusion_proof, span

# The leaves and roots of the reference tests of RFC 6962.
LEAVES = [bytes.fromhex(h) for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")] + [
    bytes(range(0x60, 0x70))
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def hashes_of(leaves: list[bytes]) -> tree.Hashes:
    def hash_of(level: int, index: int) -> bytes:
        row = [tree.leaf_hash(leaf) for leaf in leaves[index << level : (index + 1) << level]]
        assert len(row) == 1 << level
        return tree.full_root(row)

    return hash_of


def frontier(leaves: list[bytes]) -> Frontier:
    grown = Frontier()
    for leaf in leaves:
        grown.append(tree.leaf_hash(leaf))
    return grown


def numbered(count: int) -> list[bytes]:
    return [b"entry %d" % i for i in range(count)]


def test_the_empty_tree() -> None:
    assert Frontier().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_of_the_reference_tests(size: int) -> None:
    assert frontier(LEAVES[:size]).root().hex() == ROOTS[size - 1]
    assert span(hashes_of(LEAVES), 0, size).hex() == ROOTS[size - 1]


def test_paths_of_the_reference_tests() -> None:
    hashes = hashes_of(LEAVES)
    assert inclusion_proof(hashes, 0, 1) == []
    assert [h.hex() for h in inclusion_proof(hashes, 5, 8)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [h.hex() for h in consistency_proof(hashes, 6, 8)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert consistency_proof(hashes, 8, 8) == consistency_proof(hashes, 0, 8) == []


def test_every_proof_of_small_trees_verifies_and_is_what_another_implementation_makes() -> None:
    leaves = numbered(40)
    hashes, grown, theirs = hashes_of(leaves), Frontier(), pymerkle.InmemoryTree(algorithm="sha256")
    roots = [tree.EMPTY_ROOT]
    for leaf in leaves:
        grown.append(tree.leaf_hash(leaf))
        theirs.append_entry(leaf)
        roots.append(grown.root())
        assert theirs.get_root() == grown.root()
    for size in range(1, len(leaves) + 1):
        for index in range(size):
            path = inclusion_proof(hashes, index, size)
            assert includes(roots[size], size, tree.leaf_hash(leaves[index]), index, path)
            proof = theirs.prove_inclusion(index + 1, size)
            pymerkle.verify_inclusion(tree.leaf_hash(leaves[index]), roots[size], proof)
            assert proof.path[1:] == path
    for new in range(len(leaves) + 1):
        for old in range(new + 1):
            path = consistency_proof(hashes, old, new)
            assert extends(roots[old], old, roots[new], new, path)
            if 0 < old < new:
                pymerkle.verify_consistency(roots[old], roots[new], theirs.prove_consistency(old, new))


def test_what_is_not_there_has_no_proof() -> None:
    with pytest.raises(ValueError, match="a tree of 3 leaves has no leaf 3"):
        inclusion_proof(hashes_of(LEAVES), 3, 3)
    with pytest.raises(ValueError, match="was never one of 4"):
        consistency_proof(hashes_of(LEAVES), 4, 3)


sizes = st.integers(1, 70)


@given(sizes, st.data())
def test_a_changed_inclusion_proof_fails(size: int, data: st.DataObject) -> None:
    leaves = numbered(size)
    index = data.draw(st.integers(0, size - 1))
    path, root = inclusion_proof(hashes_of(leaves), index, size), frontier(leaves).root()
    leaf = tree.leaf_hash(leaves[index])
    other = data.draw(st.integers(-1, size + 2))
    assert includes(root, size, leaf, other, path) == (other == index)
    assert not includes(root, size, tree.leaf_hash(b"other"), index, path)
    assert not includes(root, size, leaf, index, [*path, root])
    for position in range(len(path)):
        assert not includes(root, size, leaf, index, path[:position] + path[position + 1 :])
        assert not includes(root, size, leaf, index, [*path[:position], root, *path[position + 1 :]])


@given(sizes, st.data())
def test_a_changed_consistency_proof_fails(new: int, data: st.DataObject) -> None:
    leaves = numbered(new)
    old = data.draw(st.integers(1, new))
    path = consistency_proof(hashes_of(leaves), old, new)
    before, after = frontier(leaves[:old]).root(), frontier(leaves).root()
    forked = frontier([*leaves[: old - 1], b"other"]).root()
    assert extends(before, old, after, new, path)
    assert not extends(forked, old, after, new, path)
    assert not extends(before, old, forked, new, path) or forked == after
    assert not extends(after, new, before, old, path) or old == new
    assert not extends(before, old, after, new, [*path, before])
    for position in range(len(path)):
        assert not extends(before, old, after, new, path[:position] + path[position + 1 :])


def test_no_tree_extends_another_by_nothing_at_all() -> None:
    root = frontier(numbered(4)).root()
    assert not extends(root, 3, root, 4, [])
    assert not extends(root, 0, root, 4, [])
    assert not extends(root, -1, root, 4, [])
