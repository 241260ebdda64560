"""One colour a lane, wherever it is drawn: told apart by the colour-blind, too (Okabe and Ito, 2008)."""

COLOURS = {"closed": "#0072b2", "hosted": "#009e73", "own": "#d55e00"}
ON_DARK = {"closed": "#56b4e9", "hosted": "#00c78f", "own": "#f0a050"}
"""The same hues, light enough to be read on black."""
