"""The table of coverage says what the detectors do, and names what nobody looks for."""

import string

from wye.policy.coverage import IDENTIFIERS, coverage
from wye.policy.detectors import Detector, Finding


def test_all_18_are_there_and_every_probe_of_this_version_passes() -> None:
    covered = list(coverage())
    assert [one.identifier.letter for one in covered] == list(string.ascii_uppercase[:18])
    assert {one.identifier.letter: one.verdict for one in covered if one.verdict != "probes pass"} == {
        "P": "none",
        "Q": "none",
    }


def test_a_detector_that_finds_nothing_is_not_said_to_cover() -> None:
    class Blind(Detector):
        def find(self, text: str) -> list[Finding]:  # noqa: ARG002  # as the one it stands for
            return []

    assert {one.verdict for one in coverage(Blind())} == {"none", "partial"}


def test_probes_hold_what_they_say() -> None:
    for one in IDENTIFIERS:
        assert bool(one.kinds) == bool(one.probes)
        assert all(value in text for text, value in one.probes)
