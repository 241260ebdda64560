"""What the policy says beyond labels: sets of rules, roles, and what is known of those who process data."""

from datetime import date

from wye.config.section import Section


class RoleSettings(Section, frozen=True):
    """Who has a role: every key of these teams, and these keys."""

    teams: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """Ids, as `wye keys list` shows them."""


class PolicySettings(Section, frozen=True):
    """Rules in Cedar. They can only narrow what `labels` permit."""

    sets: tuple[str, ...] = ()
    """Sets that come with wye, by name: `wye policy show --set hipaa` prints one."""
    files: tuple[str, ...] = ()
    """Files of your own (`*.cedar`)."""
    roles: dict[str, RoleSettings] = {}
    """Name -> who has it; a rule asks `principal in Role::"auditor"`."""
    signed_by: str | None = None
    """Public key (Ed25519, base64) that must have signed the policy in force: see `wye policy sign`."""
    signature_file: str = "wye-policy.sig"
    """Where its signature is."""


class ComplianceSettings(Section, frozen=True):
    """What a contract says of a provider, of one of its endpoints, or of some of its models.

    All rows that match a deployment hold at once: of two dates the earlier one, of two answers the worse.
    What no row says is not known, and a rule that asks for it refuses.
    """

    provider: str
    endpoint: str | None = None
    """Its host (`eu.api.openai.com`); None = any."""
    models: tuple[str, ...] = ("*",)
    """Globs over the upstream's names of models."""
    baa_until: date | None = None
    """A business associate agreement is in force before this day (UTC)."""
    zero_retention_until: date | None = None
    """It is agreed that nothing is kept, before this day (UTC)."""
    trains_on_data: bool | None = None
    """Whether what is sent may be trained on."""
    licence: str | None = None
    """Of the weights, by its SPDX name."""
