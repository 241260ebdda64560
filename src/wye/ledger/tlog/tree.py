"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1): hashes, proofs, and their verification.

A subtree that is complete has 2**level leaves and an index at its level; whoever makes proofs asks a
`Hashes` for its hash. Everything else is computed from those.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Hashes = Callable[[int, int], bytes]
"""(level, index) → the hash of the leaves [index << level, (index + 1) << level)."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\1" + left + right).digest()


def full_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over 2**k hashes of one level."""
    row = list(hashes)
    while len(row) > 1:
        row = [sha256(b"\1" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
    return row[0]


class Frontier:
    """What has to be kept of a tree to append to it: the roots of its complete subtrees, largest first."""

    __slots__ = ("roots", "size")

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        self.size = size
        self.roots = list(roots)

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf."""
        roots, size = self.roots, self.size
        while size & 1:
            leaf = sha256(b"\1" + roots.pop() + leaf).digest()
            size >>= 1
        roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the tree's root."""
        return folded(self.roots)


def folded(roots: Sequence[bytes]) -> bytes:
    """Return the root of a tree of which `roots` are the complete subtrees, largest first."""
    if not roots:
        return EMPTY_ROOT
    root = roots[-1]
    for left in reversed(roots[:-1]):
        root = node_hash(left, root)
    return root


def span(hashes: Hashes, low: int, high: int) -> bytes:
    """Return the hash of the leaves [low, high), which are a subtree of some RFC 6962 tree."""
    roots = []
    while low < high:
        level = (high - low).bit_length() - 1
        roots.append(hashes(level, low >> level))
        low += 1 << level
    return folded(roots)


def _split(low: int, high: int) -> int:
    """Return where the right subtree of [low, high) begins."""
    return low + (1 << ((high - low - 1).bit_length() - 1))


def inclusion_proof(hashes: Hashes, index: int, size: int) -> list[bytes]:
    """Return PATH(index, D[size]), from the leaf's sibling up. Raises `ValueError`: no such leaf."""
    if not 0 <= index < size:
        message = f"a tree of {size} leaves has no leaf {index}"
        raise ValueError(message)
    low, high, path = 0, size, []
    while high - low > 1:
        middle = _split(low, high)
        if index < middle:
            path.append(span(hashes, middle, high))
            high = middle
        else:
            path.append(span(hashes, low, middle))
            low = middle
    return path[::-1]


def consistency_proof(hashes: Hashes, old: int, new: int) -> list[bytes]:
    """Return PROOF(old, D[new]), empty for equal sizes and for `old` = 0. Raises `ValueError`: old > new."""
    if not 0 <= old <= new:
        message = f"a tree of {new} leaves was never one of {old}"
        raise ValueError(message)
    if old == 0:
        return []
    low, high, path = 0, new, []
    while old != high:
        middle = _split(low, high)
        if old <= middle:
            path.append(span(hashes, middle, high))
            high = middle
        else:
            path.append(span(hashes, low, middle))
            low = middle
    if low:  # else the old tree's root is known to whoever asks
        path.append(span(hashes, low, high))
    return path[::-1]


def includes(root: bytes, size: int, leaf: bytes, index: int, path: Sequence[bytes]) -> bool:
    """Tell whether the tree has this leaf hash at `index` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def extends(old_root: bytes, old: int, new_root: bytes, new: int, path: Sequence[bytes]) -> bool:
    """Tell whether the new tree begins with the old one's leaves (RFC 9162 section 2.1.4.2)."""
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and new > 0 and old_root == EMPTY_ROOT
    if not 0 < old < new:
        return False
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
