"""How near two texts are in what they mean, by the static table: some 0.1 ms for a page."""

from wye.routing.features import extractor


def alike(one: str, other: str) -> float:
    """Return the cosine of two texts; 0 if one of them has no words. Of long ones beginning and end count."""
    extract = extractor()
    width = extract.meaning
    return float(extract(one).dense[:width] @ extract(other).dense[:width])
