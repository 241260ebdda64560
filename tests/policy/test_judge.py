"""What labels permit: by table, and against a second evaluator written another way."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.catalog.deployments import LOOPBACK, Deployment, Endpoint
from wye.config.governance import ComplianceSettings, PolicySettings, RoleSettings
from wye.config.labels import ALL_LANES, DEFAULT_LABELS, LabelRule
from wye.config.settings import Settings
from wye.core.lane import Lane
from wye.core.secret import Secret
from wye.policy import Policy
from wye.policy.cedar.asking import Action, Asking
from wye.policy.cedar.statements import PolicyTextError
from wye.policy.judge import MAX_CACHED

HERE = Endpoint("http", "127.0.0.1", 8080, networks=LOOPBACK)


def deployment(
    name: str, lane: Lane | None, provider: str = "acme", region: str | None = None, **more: object
) -> Deployment:
    facts = {
        "id": name,
        "model": name,
        "provider": provider,
        "lane": lane,
        "endpoint": HERE,
        "found_by": "a test",
        "region": region,
    }
    return Deployment(**(facts | more))  # type: ignore[arg-type]


OWN = deployment("embedded/small", Lane.OWN, "embedded")
HOSTED = deployment("together/llama", Lane.HOSTED, "together", "eu")
CLOSED = deployment("openai/gpt", Lane.CLOSED, "openai", "us")
TUNNEL = deployment("tunnel/who-knows", None, "tunnel")
EVERY = (OWN, HOSTED, CLOSED, TUNNEL)


@pytest.mark.parametrize(
    ("labels", "permitted"),
    [
        ({"public"}, {"embedded/small", "together/llama", "openai/gpt"}),
        ({"internal"}, {"embedded/small", "together/llama", "openai/gpt"}),
        (set(), {"embedded/small", "together/llama", "openai/gpt"}),
        ({"confidential"}, {"embedded/small"}),
        ({"phi"}, {"embedded/small"}),
        ({"secret"}, {"embedded/small"}),
        ({"never-heard-of"}, {"embedded/small"}),
        ({"public", "phi"}, {"embedded/small"}),
        ({"public", "never-heard-of"}, {"embedded/small"}),
    ],
)
def test_defaults(labels: set[str], permitted: set[str]) -> None:
    verdict = Policy(Settings(), EVERY).judge(frozenset(labels))
    assert verdict.permitted == permitted
    assert set(verdict.refused) == {d.id for d in EVERY} - permitted
    assert verdict.ceiling is False


def test_an_empty_set_is_judged_and_recorded_as_the_default_label() -> None:
    verdict = Policy(Settings(default_label="phi"), EVERY).judge(frozenset())
    assert verdict.labels == {"phi"}
    assert verdict.permitted == {"embedded/small"}


def test_a_default_label_that_is_not_defined_permits_own_only() -> None:
    verdict = Policy(Settings(default_label="typo"), EVERY).judge(frozenset())
    assert verdict.permitted == {"embedded/small"}
    assert verdict.refused["openai/gpt"] == "unknown label 'typo' permits own, this is closed"


def test_reasons_name_every_label_that_refuses_and_its_rule() -> None:
    labels = {
        "eu": LabelRule(lanes=ALL_LANES, regions=("eu",)),
        "vetted": LabelRule(lanes=ALL_LANES, providers=("together", "embedded")),
    }
    verdict = Policy(Settings(labels=labels), EVERY).judge(frozenset({"eu", "vetted", "public"}))
    assert verdict.permitted == {"together/llama"}
    assert verdict.refused == {
        "openai/gpt": "label 'eu' permits only region eu, this is us; "
        "label 'vetted' permits only provider together, embedded, this is openai",
        "embedded/small": "label 'eu' permits only region eu, this is not stated",
        "tunnel/who-knows": "its data path is not proven, so no label permits it",
    }


def test_an_entry_replaces_a_default_label_and_removes_none() -> None:
    policy = Policy(Settings(labels={"phi": LabelRule(lanes=(Lane.OWN, Lane.HOSTED))}), EVERY)
    assert policy.judge(frozenset({"phi"})).permitted == {"embedded/small", "together/llama"}
    assert policy.judge(frozenset({"secret"})).permitted == {"embedded/small"}


def test_any_label_may_demand_the_ceiling() -> None:
    policy = Policy(Settings(labels={"board": LabelRule(lanes=ALL_LANES, quality="ceiling")}), EVERY)
    assert policy.judge(frozenset({"board"})).ceiling
    assert policy.judge(frozenset({"board", "public"})).ceiling
    assert not policy.judge(frozenset({"public"})).ceiling


def test_an_unproven_deployment_is_refused_even_by_a_label_that_permits_everything() -> None:
    policy = Policy(Settings(labels={"any": LabelRule(lanes=ALL_LANES)}), [TUNNEL])
    assert policy.judge(frozenset({"any"})).permitted == frozenset()


def test_where_says_which_lanes_unlabelled_data_may_go_to() -> None:
    assert Policy(Settings(), EVERY).where() == (Lane.OWN, Lane.HOSTED, Lane.CLOSED)
    assert Policy(Settings(default_label="phi"), EVERY).where() == (Lane.OWN,)
    assert Policy(Settings(), EVERY).where(frozenset({"public", "whatever"})) == (Lane.OWN,)


def test_a_deployment_that_came_up_later_is_judged_like_any_other() -> None:
    policy = Policy(Settings(), [OWN])
    late = deployment("openai/new", Lane.CLOSED, "openai")
    public, phi = policy.judge(frozenset({"public"})), policy.judge(frozenset({"phi"}))
    assert policy.extend(public, late).permitted == {"embedded/small", "openai/new"}
    assert policy.extend(public, late) is policy.extend(public, late)
    assert policy.extend(phi, late).permitted == {"embedded/small"}
    assert policy.extend(phi, late).refused["openai/new"] == policy.judge_deployment(phi.labels, late)
    assert policy.extend(public, OWN) is public
    moved = msgspec.structs.replace(late, lane=None)
    assert "openai/new" not in policy.extend(public, moved).permitted


def test_two_deployments_may_not_share_an_id() -> None:
    with pytest.raises(ValueError, match="embedded/small"):
        Policy(Settings(), [OWN, OWN])


def test_the_revision_changes_with_rules_and_lanes_and_with_nothing_else() -> None:
    base = Policy(Settings(), EVERY).revision
    assert Policy(Settings(), reversed(EVERY)).revision == base
    assert Policy(Settings(listen="0.0.0.0:1"), EVERY).revision == base
    rotated = [msgspec.structs.replace(d, api_key=Secret("k")) for d in EVERY]
    assert Policy(Settings(), rotated).revision == base
    assert Policy(Settings(labels={"x": LabelRule()}), EVERY).revision != base
    assert Policy(Settings(default_label="phi"), EVERY).revision != base
    assert Policy(Settings(), EVERY[1:]).revision != base
    moved = (msgspec.structs.replace(OWN, lane=Lane.HOSTED), *EVERY[1:])
    assert Policy(Settings(), moved).revision != base


def test_the_caches_stay_bounded_whatever_labels_callers_invent() -> None:
    policy = Policy(Settings(), EVERY)
    late = deployment("openai/new", Lane.CLOSED, "openai")
    for number in range(MAX_CACHED + 50):
        policy.extend(policy.judge(frozenset({f"label-{number}"})), late)
    assert len(policy._verdicts) == MAX_CACHED
    assert len(policy._extended) == MAX_CACHED
    assert policy.judge(frozenset({"label-0"})).permitted == {"embedded/small"}


NAMES = ["public", "phi", "a", "b", "c", "undefined-1", "undefined-2"]
LANES = st.sampled_from([*Lane])
POOL = ["p", "q", "r"]
RULES = st.builds(
    LabelRule,
    lanes=st.lists(LANES, max_size=3).map(tuple),
    providers=st.none() | st.lists(st.sampled_from(POOL), max_size=2).map(tuple),
    regions=st.none() | st.lists(st.sampled_from(["eu", "us"]), max_size=2).map(tuple),
    quality=st.sampled_from(["any", "ceiling"]),
)
SETTINGS = st.builds(
    Settings,
    labels=st.dictionaries(st.sampled_from(NAMES[:5]), RULES),
    default_label=st.sampled_from(NAMES),
)
DEPLOYMENTS = st.lists(
    st.tuples(st.none() | LANES, st.sampled_from(POOL), st.sampled_from([None, "eu", "us"])), max_size=8
).map(lambda rows: [deployment(f"d{i}", lane, prov, reg) for i, (lane, prov, reg) in enumerate(rows)])
LABELS = st.frozensets(st.sampled_from(NAMES), max_size=4)


def reference(settings: Settings, found: list[Deployment], labels: frozenset[str]) -> set[str]:
    """Subtract instead of intersect: start from everything and take away what any label objects to."""
    left = {d.id: d for d in found if d.lane is not None}
    for label in labels or {settings.default_label}:
        table = {**DEFAULT_LABELS, **settings.labels}
        lanes, providers, regions = {"own"}, None, None
        if label in table:
            entry = msgspec.to_builtins(table[label])
            lanes, providers, regions = set(entry["lanes"]), entry["providers"], entry["regions"]
        for name, d in list(left.items()):
            objections = (
                str(d.lane) not in lanes,
                providers is not None and d.provider not in providers,
                regions is not None and d.region not in regions,
            )
            if any(objections):
                del left[name]
    return set(left)


@given(SETTINGS, DEPLOYMENTS, LABELS)
def test_agrees_with_the_reference(
    settings: Settings, found: list[Deployment], labels: frozenset[str]
) -> None:
    verdict = Policy(settings, found).judge(labels)
    assert verdict.permitted == reference(settings, found, labels)
    assert verdict.permitted.isdisjoint(verdict.refused)
    assert verdict.permitted | verdict.refused.keys() == {d.id for d in found}
    assert all(verdict.refused.values())


@given(SETTINGS, DEPLOYMENTS, LABELS.filter(bool), st.sampled_from(NAMES))
def test_adding_a_label_never_permits_more(
    settings: Settings, found: list[Deployment], labels: frozenset[str], extra: str
) -> None:
    policy = Policy(settings, found)
    fewer, more = policy.judge(labels), policy.judge(labels | {extra})
    assert more.permitted <= fewer.permitted
    assert more.ceiling >= fewer.ceiling


@given(SETTINGS, DEPLOYMENTS, LABELS)
def test_an_unknown_label_never_permits_anything_but_own(
    settings: Settings, found: list[Deployment], labels: frozenset[str]
) -> None:
    lanes = {d.id: d.lane for d in found}
    verdict = Policy(settings, found).judge(labels | {"undefined-1"})
    assert {lanes[name] for name in verdict.permitted} <= {Lane.OWN}


@given(SETTINGS, DEPLOYMENTS, LABELS)
def test_extending_equals_having_known_it_all_along(
    settings: Settings, found: list[Deployment], labels: frozenset[str]
) -> None:
    knew = Policy(settings, found).judge(labels)
    policy = Policy(settings, found[:-1])
    learnt = policy.judge(labels)
    for late in found[-1:]:
        learnt = policy.extend(learnt, late)
    assert (learnt.permitted, learnt.refused) == (knew.permitted, knew.refused)


def test_what_any_label_masks_is_masked_outside_own() -> None:
    rules = {
        "phi": LabelRule(lanes=ALL_LANES, mask=("person",)),
        "eu": LabelRule(lanes=ALL_LANES, mask=("email",)),
    }
    policy = Policy(Settings(labels=rules), EVERY)
    assert policy.judge(frozenset({"phi"})).mask == {HOSTED.id: {"name"}, CLOSED.id: {"name"}}
    assert policy.judge(frozenset({"phi", "eu"})).mask[CLOSED.id] == {"name", "email"}
    assert policy.judge(frozenset({"public"})).mask == {}
    late = deployment("openai/new", Lane.CLOSED, "openai")
    assert policy.extend(policy.judge(frozenset({"eu"})), late).mask[late.id] == {"email"}
    assert Policy(Settings(), EVERY).judge(frozenset({"phi"})).mask == {}


SIGNED_UP = ComplianceSettings(
    provider="openai",
    baa_until=date(2027, 1, 1),
    zero_retention_until=date(2027, 1, 1),
    trains_on_data=False,
)
HOSPITAL = Settings(
    labels={"phi": LabelRule(lanes=ALL_LANES)},
    policy=PolicySettings(sets=("hipaa",)),
    compliance=(SIGNED_UP,),
)
PHI = frozenset({"phi"})


def at(day: date) -> Callable[[], float]:
    return lambda: datetime.combine(day, time(), UTC).timestamp()


def test_sets_narrow_what_labels_permit_by_what_is_known_of_whom() -> None:
    policy = Policy(HOSPITAL, EVERY, at(date(2026, 12, 31)))
    assert policy.judge(PHI).permitted == {"embedded/small", "openai/gpt"}
    assert "none is known of together" in policy.judge(PHI).refused["together/llama"]
    assert policy.judge(frozenset({"public"})).permitted == {"embedded/small", "openai/gpt", "together/llama"}
    assert policy.where(PHI) == (Lane.OWN,)


def test_an_agreement_ends_while_the_gateway_runs() -> None:
    now = [date(2026, 12, 31)]
    policy = Policy(HOSPITAL, EVERY, lambda: at(now[0])())  # noqa: PLW0108  # looked at anew each time
    before = policy.judge(PHI)
    assert policy.judge(PHI) is before
    now[0] = date(2027, 1, 1)
    assert policy.judge(PHI).permitted == {"embedded/small"}


def test_fewer_may_be_used_for_more_than_an_answer() -> None:
    verdict = Policy(HOSPITAL, EVERY, at(date(2026, 12, 31))).judge(PHI)
    assert verdict.permits("infer", "openai/gpt")
    assert not verdict.permits("shadow", "openai/gpt")
    assert verdict.permits("shadow", "embedded/small")
    assert not verdict.permits("store", "together/llama")
    assert Policy(Settings(), EVERY).judge(PHI).narrowed == {}


def test_a_deployment_that_came_up_later_is_held_against_sets_as_well() -> None:
    policy = Policy(HOSPITAL, (OWN,), at(date(2026, 12, 31)))
    known = Policy(HOSPITAL, (OWN, CLOSED, HOSTED), at(date(2026, 12, 31))).judge(PHI)
    for late in (CLOSED, HOSTED):
        extended = policy.extend(policy.judge(PHI), late)
        assert (late.id in extended.permitted) == (late.id in known.permitted)
        for action in Action:
            assert extended.permits(action.value, late.id) == known.permits(action.value, late.id)


def test_who_asks_and_what_for_decide_where_statements_look_at_it(tmp_path: Path) -> None:
    file = tmp_path / "my.cedar"
    file.write_text(
        'forbid (principal, action, resource) when { resource.lane == "closed" } '
        'unless { principal in Role::"clinician" && context has purpose && context.purpose == "care" };'
    )
    roles = {"clinician": RoleSettings(teams=("ward",))}
    policy = Policy(Settings(policy=PolicySettings(files=(str(file),), roles=roles)), EVERY)
    assert not policy.by_labels
    ward = Asking(key="k1", team="ward", purpose="care")
    public = frozenset({"public"})
    assert "openai/gpt" in policy.judge(public, ward).permitted
    assert policy.judge(public, ward) is policy.judge(public, msgspec.structs.replace(ward, size=9))
    for other in (Asking(), Asking("k1", "sales", "care"), Asking("k1", "ward", "curiosity")):
        assert "openai/gpt" not in policy.judge(public, other).permitted


def test_statements_that_do_not_fit_the_schema_never_come_into_force(tmp_path: Path) -> None:
    file = tmp_path / "my.cedar"
    file.write_text('permit (principal, action, resource) when { resource.lan == "own" };')
    with pytest.raises(PolicyTextError, match=r"my\.cedar:1: attribute `lan`"):
        Policy(Settings(policy=PolicySettings(files=(str(file),))), EVERY)


def test_labels_alone_ask_nobody_who_asks() -> None:
    policy = Policy(Settings(), EVERY)
    assert policy.by_labels
    assert policy.judge(PHI, Asking("k", "t", "p", 1)) is policy.judge(PHI)


@pytest.mark.parametrize("step", [1, 59, 60, 3600, -60, -86_400])
def test_a_verdict_that_is_kept_is_the_one_of_its_minute(step: int) -> None:
    """Clocks go back too."""
    ends = datetime(2027, 1, 1, tzinfo=UTC).timestamp()
    for begin in (ends - 61, ends - 30, ends, ends + 30):
        now = [begin]
        policy = Policy(HOSPITAL, EVERY, lambda: now[0])  # noqa: B023  # looked at in this very turn
        for moment in (begin, begin + step):
            now[0] = moment
            assert ("openai/gpt" in policy.judge(PHI).permitted) == (moment < ends)
            assert policy.judge(PHI) is policy.judge(PHI, Asking("k", "t", "care", 9))


def test_under_agreements_verdicts_hold_until_one_ends() -> None:
    ends = datetime(2027, 1, 1, tzinfo=UTC).timestamp()
    now = [ends - 86_400 * 30]
    policy = Policy(HOSPITAL, EVERY, lambda: now[0])
    verdict = policy.judge(PHI)
    now[0] = ends - 1
    assert policy.judge(PHI) is verdict
    now[0] = ends
    ended = policy.judge(PHI)
    assert "openai/gpt" in verdict.permitted - ended.permitted
    now[0] = ends + 86_400 * 365
    assert policy.judge(PHI).permitted == ended.permitted


def test_actions_alone_are_no_reason_to_ask_who() -> None:
    policy = Policy(Settings(policy=PolicySettings(sets=("internal-default",))), EVERY)
    assert (policy.anonymous, policy.by_labels) == (True, False)
    secret = policy.judge(frozenset({"secret"}))
    assert policy.judge(frozenset({"secret"}), Asking("k")) is secret
    assert not Policy(Settings(policy=PolicySettings(sets=("gdpr",))), EVERY).anonymous
