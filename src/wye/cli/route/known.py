"""Routes that there are."""

import click

from wye.config.settings import RouteSettings, Settings


def known_route(settings: Settings, name: str) -> RouteSettings:
    """Return the settings of a route. Raises `click.UsageError` that lists those there are."""
    if name == "auto":
        return settings.auto
    if name not in settings.routes:
        known = ", ".join(("auto", *settings.routes))
        message = f"there is no route '{name}' in wye.yaml; there are: {known}"
        raise click.UsageError(message)
    return settings.routes[name]
