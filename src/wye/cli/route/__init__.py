"""`wye route`: what a route has learnt, what of it is certified, and what it does with a prompt."""

import click

from wye.cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "learn": Lazy("wye.cli.route.learn:learn_", "Make a candidate revision of labelled prompts."),
    "test": Lazy("wye.cli.route.test:test", "Show where a prompt would go, without asking a model."),
    "show": Lazy("wye.cli.route.show:show", "Show what a route has learnt, and what serves."),
    "certify": Lazy(
        "wye.cli.route.certify:certify", "Find the cheapest setting that is certainly good enough."
    ),
    "monitor": Lazy("wye.cli.route.monitor:monitor", "Show what watches a certificate, or rehearse a drop."),
    "activate": Lazy("wye.cli.route.activate:activate", "Let a revision serve."),
    "rollback": Lazy("wye.cli.route.activate:rollback", "Let what served before serve again."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def route() -> None:
    """Learn from labels, certify, watch, and take back.

    What is learnt is a candidate revision in the state directory: files that a person can read and diff. It
    serves once it is activated, and only a certificate lets it send anything to the weak model.
    """
