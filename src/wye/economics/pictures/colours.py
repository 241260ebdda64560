"""One colour a lane, wherever it is drawn: told apart by the colour-blind, too (Okabe and Ito, 2008)."""

COLOURS = {"closed": "#0072b2", "hosted": "#009e73", "own": "#d55e00"}
