"""What watches a certified route: losses that can be bet on, and the detector that bets."""
