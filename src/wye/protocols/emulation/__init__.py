"""Tools for models that call none."""
