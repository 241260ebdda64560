"""What types cannot say: addresses, labels, credentials in the wrong place.

Names are in `names`, deployments in `reach`, machines in `machines`, figures in `figures`, routes
in `routes`.
"""

import base64
import re
from collections.abc import Mapping

from wye.config.addresses import parse_endpoint, parse_listen
from wye.config.certificates import check_chain
from wye.config.detection import DetectionSettings, terms
from wye.config.draft import Draft
from wye.config.figures import check_figures
from wye.config.machines import check_embedded, check_machines
from wye.config.names import check_names
from wye.config.problems import suggestion
from wye.config.reach import check_deployment, check_provider
from wye.config.routes import check_routes

_PASSWORD = re.compile(r"[a-z0-9+]+://[^/@]*:[^/@]*@", re.IGNORECASE)

_KEY_BYTES = 32
"""Of Ed25519."""

CUSTOM = "custom"
"""Whose a deployment is that has an address and names no provider."""


def check(draft: Draft, environ: Mapping[str, str]) -> None:
    """Run every check; the problems are in the draft."""
    _addresses(draft)
    _labels(draft)
    _policy(draft)
    _compliance(draft)
    for name, provider in draft.settings.providers.items():
        check_provider(draft, name, provider, environ)
    for name, deployment in draft.settings.deployments.items():
        check_deployment(draft, name, deployment, environ)
    check_machines(draft)
    check_embedded(draft)
    check_figures(draft)
    check_names(draft)
    check_routes(draft)
    _ledger(draft)
    _detection(draft)
    draft.variable(("keys", "bootstrap_env"), draft.settings.keys.bootstrap_env)


def _addresses(draft: Draft) -> None:
    settings = draft.settings
    draft.attempt(("listen",), lambda: parse_listen(settings.listen), "Write `127.0.0.1:4000`")
    cert, key = settings.listener.tls_cert_file, settings.listener.tls_key_file
    draft.pair(("listener",), "tls_cert_file", cert, "tls_key_file", key)
    if cert is not None and key is not None:
        check_chain(draft, ("listener",), ("tls_cert_file", cert), ("tls_key_file", key), at_start=True)
    otlp = settings.telemetry.otlp_endpoint
    if otlp is not None:
        draft.attempt(("telemetry", "otlp_endpoint"), lambda: parse_endpoint(otlp))
    draft.variable(("telemetry", "otlp_headers_env"), settings.telemetry.otlp_headers_env)


def _labels(draft: Draft) -> None:
    for name, rule in draft.settings.labels.items():
        path = ("labels", name)
        draft.label_name(path, name)
        for number, provider in enumerate(rule.providers or ()):
            if provider not in draft.providers:
                draft.no_provider((*path, "providers", number), provider)
        for field in ("providers", "regions"):
            draft.empty((*path, field), "Name at least one, or remove the field for any")
        draft.empty((*path, "retain_days"), "Give a number of days, or remove the field for no limit")
    draft.label(("default_label",), draft.settings.default_label)


def _policy(draft: Draft) -> None:
    path, key = ("policy", "signed_by"), draft.settings.policy.signed_by
    fix = "Write the key that `wye policy sign --new-key` tells, or remove the field: nobody need sign then"
    draft.empty(path, fix)
    if key is not None and not _is_public(key):
        draft.say(path, "not a public key (Ed25519, base64)", fix)


def _is_public(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except ValueError:
        return False


def _compliance(draft: Draft) -> None:
    known = {*draft.providers, CUSTOM}
    for number, row in enumerate(draft.settings.compliance):
        draft.empty(("compliance", number, "endpoint"), "Name its host, or remove the field for any")
        if row.provider not in known:
            what = f"there is no provider '{row.provider}' here, so this says nothing"
            draft.say(("compliance", number, "provider"), what, suggestion(row.provider, known), fatal=False)


def _detection(draft: Draft) -> None:
    draft.labels(("lineage", "forgotten"), draft.settings.lineage.forgotten)
    detection, path = draft.settings.detection, ("detection",)
    for name, kinds in detection.raises.items():
        draft.label((*path, "raises", name), name)
        if not kinds:
            fix = "Name kinds, `all` for whatever identifies by itself, or remove the line"
            draft.say((*path, "raises", name), "names nothing that would raise it", fix)
    if detection.dictionary is not None:
        draft.attempt(
            (*path, "dictionary"),
            lambda: terms(detection.dictionary or ""),
            "Name a file of UTF-8 text with one term a line, by a path that holds where wye is started",
        )
    masks = any(rule.mask for rule in draft.settings.labels.values())  # which look as well
    if detection != DetectionSettings() and not masks and "raises" not in draft.root.names("detection"):
        draft.say(path, "raises nothing, so nothing is looked for", "Write `raises: {phi: all}`")


def _ledger(draft: Draft) -> None:
    ledger, path = draft.settings.ledger, ("ledger", "url")
    if ledger.url_env is not None:
        draft.variable(("ledger", "url_env"), ledger.url_env)
    if ledger.url is None:
        return
    if ledger.url_env is not None:
        draft.say(("ledger", "url_env"), "url is given as well", "Keep one of them")
    if _PASSWORD.match(ledger.url) or "password=" in ledger.url.lower():
        fix = "Put the URL into an environment variable and name it: `url_env: NAME`"
        draft.say(path, "a secret must not stand in the file", fix)
    elif not ledger.url.startswith(("sqlite:///", "postgresql://")):
        draft.say(path, "neither sqlite:///path nor postgresql://...")
