"""A first `wye.yaml`, written from what discovery found. Only its aliases are new: the rest holds anyway."""

import textwrap
from collections.abc import Iterable, Sequence

from wye.catalog.deployments import Deployment
from wye.catalog.providers import ENGINES, PROVIDERS
from wye.config.names import is_name
from wye.config.show import quoted
from wye.core.lane import Lane

_MEANING = {
    Lane.OWN: "own: machines you control",
    Lane.HOSTED: "hosted: open weights at a processor",
    Lane.CLOSED: "closed: closed weights at a processor",
    None: "unknown: not used until you say whose it is",
}
_SHOWN = 8
_WIDTH = 100

_HEAD = """\
# wye.yaml: what wye does on this machine. Every line is optional; what is left out has a default.
#   wye config check    says what is wrong, with line and fix
#   wye config show     prints what holds, defaults marked
#   wye config schema   prints the JSON Schema, for completion in editors
# A change is picked up without a restart (`listen` and the like at the next start: the log says so);
# a broken file leaves the running settings in place.

listen: 127.0.0.1:4000
"""

_LABELS = """
# A request brings labels (`x-wye-label: phi`, its key or its route), else this one:
default_label: internal

# Where each label may go. A label that is not defined may go to `own` only.
labels:
  public: {lanes: [own, hosted, closed]}
  internal: {lanes: [own, hosted, closed]}
  confidential: {lanes: [own]}
  phi: {lanes: [own]}
  secret: {lanes: [own]}
  # eu-only: {lanes: [own, hosted], regions: [eu]}
  # board: {lanes: [own, closed], providers: [openai, embedded], quality: ceiling}
"""

_NAMES = """
# Names of your own: the only lines here that would not hold without this file. Clients that ask for
# them need not know what is behind.
aliases:
"""

_REST = """
# What `model: auto` does: permitted, fitting, then the first rule that holds; of what that leaves the strong
# model, or a cheaper one once it is measured and certified. An objective of your own says otherwise.
# `wye route test "Why is the sky blue?"` shows where a prompt would go, without asking a model.
# auto:
#   objective: {best: quality, cost: 0.01}   # or {best: cheapest, quality: 0.8}, {best: fastest}
#   rules:
#     - name: short questions stay here
#       when: {max_bytes: 2000, tools: false}
#       lanes: [own]
#     - name: code
#       when: {tasks: [code, reasoning, contracts]}
#       use: [openai/gpt-5.5]
#       canary: {anthropic/claude-opus-4-8: 5}   # percent of conversations
# tasks:
#   contracts: {examples: ["Which clauses of this lease are unusual?"]}

# A provider wye knows needs only its key: in the environment, or named here.
# providers:
#   openai: {api_key_file: /run/secrets/openai, models: [gpt-5.5]}

# An engine on another machine of yours.
# deployments:
#   gpu-box/llama:
#     base_url: http://10.0.0.5:8000/v1
#     lane: own
#     model: llama-3.3-70b
#     networks: [10.0.0.0/8]
#     machine_hour: 2.50

# ledger: {url_env: WYE_DATABASE_URL}   # postgresql://...; SQLite in the state directory otherwise
"""


def starter(deployments: Iterable[Deployment], missing: Sequence[str] = ()) -> str:
    """Return the text of a starter file.

    `missing` has sentences such as "set OPENAI_API_KEY for the closed lane", or what was not used and
    why. Names come from engines and providers, so they are made harmless: a comment stays one line, a
    value is quoted.
    """
    found = sorted(deployments, key=lambda d: d.id)
    parts = [_HEAD, _found(found, missing), _LABELS, _aliases(found), _REST]
    return "".join(parts)


def _found(found: Sequence[Deployment], missing: Sequence[str]) -> str:
    lines = ["", "# Found here, and used without being listed:"]
    for lane, meaning in _MEANING.items():
        here = [d for d in found if d.lane is lane]
        if not here:
            continue
        lines.append(f"#   {meaning}")
        lines += [f"#     {_comment(d.id)}  ({_comment(d.found_by)})" for d in here[:_SHOWN]]
        if len(here) > _SHOWN:
            lines.append(f"#     and {len(here) - _SHOWN} more: `wye models`")
    if not found:
        lines[-1] = "# Nothing was found here yet."
    for sentence in missing:
        lines += textwrap.wrap(
            _comment(sentence, 10 * _WIDTH), _WIDTH, initial_indent="# Note: ", subsequent_indent="#   "
        )
    return "\n".join(lines) + "\n"


def _aliases(found: Sequence[Deployment]) -> str:
    """Offer names that outlive a change of model: what is strong, what stays here."""
    usable = [d for d in found if d.lane is not None and _can_be_named(d)]
    chosen = {
        "best": [d.id for d in usable if d.profile.strong][:3],
        "local": [d.id for d in usable if d.lane is Lane.OWN and "chat" in d.operations][:1],
    }
    rows = [f"  {name}: [{', '.join(map(quoted, ids))}]" for name, ids in chosen.items() if ids]
    if not rows:
        return ""
    return _NAMES + "\n".join(rows) + "\n"


def _can_be_named(deployment: Deployment) -> bool:
    """Tell whether an alias may lead to it before it is there: the checks must know its provider."""
    name = deployment.id
    known = deployment.provider in PROVIDERS or deployment.provider in ENGINES
    return known and name.startswith(f"{deployment.provider}/") and not name.endswith("/") and is_name(name)


def _comment(text: str, longest: int = _WIDTH) -> str:
    """Keep others' text on its line."""
    return "".join(c if c.isprintable() else "?" for c in text[:longest])
