"""wye: one endpoint in front of every model an organisation uses."""

from importlib.metadata import version

__version__ = version("wye")
