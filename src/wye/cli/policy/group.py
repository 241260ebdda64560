"""The group `wye policy`."""

import click

from wye.cli.policy.text import check, show, sign, test
from wye.cli.policy.verdicts import diff, explain

_EXAMPLES = """
\b
Examples:
  wye policy check
  wye policy explain --label phi
  wye policy show --set hipaa
  wye policy test
  wye policy diff wye.yaml new.yaml
"""


@click.group(epilog=_EXAMPLES)
def policy() -> None:
    """Check, test, explain, compare and sign what may go where.

    The policy is Cedar: the labels of wye.yaml compile to it, `policy: {sets, files}` narrow it.
    """


for command in (check, show, test, explain, diff, sign):
    policy.add_command(command)
