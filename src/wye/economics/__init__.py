"""What it all costs: read from the ledger and the catalogue, never on the request path."""
