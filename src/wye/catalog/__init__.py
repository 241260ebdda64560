"""Dated facts as immutable snapshots: prices, profiles, deployments, providers."""
