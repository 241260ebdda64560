"""What the commands of `wye policy` share."""

from pathlib import Path

import click
import pytest

from wye.cli.policy.asked import labels_of, policy_of, settings_of
from wye.config.governance import PolicySettings
from wye.config.problems import ConfigError
from wye.config.settings import Settings
from wye.core.errors import BadRequestError


def test_labels_may_come_one_by_one_or_several_in_one() -> None:
    assert labels_of(()) == frozenset()
    assert labels_of(("phi, A", "b")) == {"phi", "a", "b"}
    with pytest.raises(BadRequestError, match="is not a label"):
        labels_of(("no label!",))


def test_settings_are_of_the_file_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text("default_label: phi")
    assert settings_of(file).default_label == "phi"
    file.write_text("default_labl: phi")
    with pytest.raises(ConfigError, match="default_label"):
        settings_of(file)


def test_a_policy_that_cannot_be_used_is_told_by_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "my.cedar"
    file.write_text('// mine\n\nforbid (principal, action, resource) when { resource.colour == "red" };')
    with pytest.raises(click.ClickException, match=r"my\.cedar:3: .*colour"):
        policy_of(Settings(policy=PolicySettings(files=(str(file),))))
