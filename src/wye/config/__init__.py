"""`wye.yaml` as typed settings."""
