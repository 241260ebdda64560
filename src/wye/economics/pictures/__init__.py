"""The same study for a terminal, for a file, and for a page."""
