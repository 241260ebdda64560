"""What can be known of a prompt in a fraction of a millisecond, as numbers: its meaning, its looks."""

from wye.routing.features.extract import Extractor, Features, extractor

__all__ = ["Extractor", "Features", "extractor"]
