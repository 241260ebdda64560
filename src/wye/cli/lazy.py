"""Groups of commands of which nothing is imported before it runs: help must not cost a database."""

import difflib
import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem


class Lazy(NamedTuple):
    """Where a command lives, and what the help says of it."""

    target: str
    summary: str


class LazyGroup(click.Group):
    """A group whose commands are imported when they run."""

    def __init__(self, *, lazy: Mapping[str, Lazy], **attributes: Any) -> None:  # noqa: ANN401  # click's own
        """Offer the commands of `lazy`, in its order."""
        super().__init__(**attributes)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the names, in the order a newcomer needs them."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        """Import a command; None = there is none of this name."""
        entry = self._lazy.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101  # the table above is ours
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command `args` begin with, or say which ones look like it."""
        name = args[0]
        if name not in self._lazy and not name.startswith("-"):
            likely = difflib.get_close_matches(name, self._lazy, n=2)
            hint = f" Did you mean {' or '.join(repr(known) for known in likely)}?" if likely else ""
            message = f"No such command '{name}'.{hint}"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        """Write the summaries without importing what they summarise."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self._lazy.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer names and options without importing what they complete to."""
        names = [(name, entry.summary) for name, entry in self._lazy.items() if name.startswith(incomplete)]
        offered = [CompletionItem(name, help=summary) for name, summary in names]
        return [*offered, *click.Command.shell_complete(self, ctx, incomplete)]
