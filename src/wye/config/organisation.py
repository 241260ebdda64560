"""Whose gateway this is, for the records that the law asks for. wye cannot know any of it."""

from wye.config.section import Section


class OrganisationSettings(Section, frozen=True):
    """What `wye export` says of you; see docs/compliance.md. What is left out is exported as missing."""

    controller: str | None = None
    """Name of the controller (GDPR Art. 30), covered entity (HIPAA) or deployer (AI Act)."""
    contact: str | None = None
    """How it is reached."""
    representative: str | None = None
    """Its representative in the Union, where it has one."""
    officer: str | None = None
    """Its data protection officer, where it has one."""
    purposes: tuple[str, ...] = ()
    """What the requests are for."""
    subjects: tuple[str, ...] = ()
    """Whom the data is about: `patients`, `customers`, `employees`, ..."""
    measures: tuple[str, ...] = ()
    """Technical and organisational security measures beside wye's own."""
    processors: dict[str, str] = {}
    """Provider -> what you have with it: `DPA of 2026-03-01; SCC; BAA until 2027-06-30`."""
