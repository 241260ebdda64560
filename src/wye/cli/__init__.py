"""What people type. One file a command; `main` knows their names and imports the one that runs."""
