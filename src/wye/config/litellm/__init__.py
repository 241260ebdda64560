"""A LiteLLM proxy's `config.yaml` -> `wye.yaml`. Nobody opens a socket here, and no secret is copied.

Source: LiteLLM's documentation of the proxy's config ("Config.yaml", "All settings") and of its providers.
"""
