from wye.policy.cedar.asking import Action
from wye.policy.cedar.sources import schema


def test_the_schema_knows_every_action_and_no_other() -> None:
    [line] = [line for line in schema().splitlines() if line.startswith("action ")]
    named = line.removeprefix("action ").removesuffix(" appliesTo {").split(", ")
    assert named == [action.value for action in Action]
