"""What a text gives away. Detectors raise labels; nothing here can clear one, and no guarantee rests on them."""

from wye.policy.detectors.cascade import Detector, Entities, Stage, raises
from wye.policy.detectors.dictionary import Dictionary
from wye.policy.detectors.finding import QUASI, Finding, covered

__all__ = ["QUASI", "Detector", "Dictionary", "Entities", "Finding", "Stage", "covered", "raises"]
