"""wye: one endpoint in front of every model an organisation uses."""

__version__: str


def __getattr__(name: str) -> str:
    """Look the version up when it is asked for: importlib.metadata costs every start 10 to 20 ms."""
    if name != "__version__":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib.metadata import version  # noqa: PLC0415  # the point of this function

    globals()[name] = found = version("wye")
    return found
