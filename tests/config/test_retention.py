from wye.config.labels import LabelRule
from wye.config.retention import retain_days, rules
from wye.config.settings import LedgerSettings, Settings


def test_the_shortest_rule_holds() -> None:
    settings = Settings(
        labels={"phi": LabelRule(retain_days=30), "hr": LabelRule(retain_days=90), "internal": LabelRule()},
        ledger=LedgerSettings(retain_days=365),
    )
    assert rules(settings) == {"": 365, "phi": 30, "hr": 90}
    assert retain_days(settings, ["internal"]) == 365
    assert retain_days(settings, ["hr", "phi"]) == 30


def test_without_a_rule_nothing_is_limited() -> None:
    assert retain_days(Settings(), ["phi"]) is None
