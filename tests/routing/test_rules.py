"""Rules by kind of work, by what a model was made for, and by chance that sticks."""

from collections import Counter

import pytest

from routing.facts import GROQ, LLAMA, SMALL, STRONG, UP, ask, deployment, ids, verdict, why
from routing.talks import Talk, decide, opinion
from wye.catalog.deployments import Profile
from wye.config.settings import Settings
from wye.config.strategies import Objective, RouteSettings, Rule, When
from wye.core.lane import Lane
from wye.routing import Router

MEDIC = deployment("acme/medic", Lane.HOSTED, profile=Profile(tags=("medical",)))
LAWYER = deployment("acme/lawyer", Lane.OWN, profile=Profile(tags=("legal", "code")))
FOUND = (SMALL, GROQ, LLAMA, STRONG, MEDIC, LAWYER)


class TestTasks:
    ROUTE = RouteSettings(
        rules=(
            Rule(name="code", when=When(tasks=("code", "reasoning")), use=(STRONG.id,)),
            Rule(name="rest", use=(GROQ.id,)),
        )
    )

    @pytest.mark.parametrize(
        ("task", "rule"), [("code", "code"), ("reasoning", "code"), ("chat", "rest"), ("", "rest")]
    )
    def test_a_rule_asks_for_kinds_of_work(self, task: str, rule: str) -> None:
        decision = decide(self.ROUTE, opinion(task=task))
        assert decision.reasons[0] == f"rule '{rule}'"
        assert decision.task == task

    def test_nobody_s_opinion_is_no_kind_of_work(self) -> None:
        assert decide(self.ROUTE).reasons[0] == "rule 'rest'"


class TestTags:
    def test_a_specialist_by_what_it_was_made_for(self) -> None:
        route = RouteSettings(rules=(Rule(when=When(tasks=("clinic",)), tags=("medical", "nursing")),))
        decision = decide(route, opinion(task="clinic"), found=FOUND)
        assert ids(decision) == [MEDIC.id]
        assert why(decision)[LAWYER.id] == "not chosen by rule 1"

    def test_with_other_narrowings_both_hold(self) -> None:
        route = RouteSettings(rules=(Rule(tags=("medical", "code"), lanes=(Lane.OWN,)),))
        assert ids(decide(route, found=FOUND)) == [LAWYER.id]

    def test_without_a_specialist_the_rule_is_passed_over(self) -> None:
        route = RouteSettings(rules=(Rule(tags=("creative",)), Rule(use=(GROQ.id,))))
        decision = decide(route, found=FOUND)
        assert ids(decision) == [GROQ.id]
        assert decision.reasons[0] == "rule 1 passed over: none of its deployments can serve this"


def over_talks(route: RouteSettings) -> Counter[str]:
    router = Router(Settings(auto=route), FOUND)
    judged = verdict(FOUND, FOUND)
    talks = (Talk(b"%d" % number) for number in range(400))
    return Counter(ids(router.decide(ask("auto"), judged, UP, talk))[0] for talk in talks)


class TestChance:
    def test_weights_narrow_spread_and_stick(self) -> None:
        route = RouteSettings(rules=(Rule(weights={GROQ.id: 1, "two": 1}),))
        firsts: Counter[str] = Counter()
        for number in range(300):
            talk = Talk(b"%d" % number)
            decision = decide(route, talk=talk, aliases={"two": (STRONG.id, SMALL.id)})
            assert set(ids(decision)) == {GROQ.id, STRONG.id, SMALL.id}
            assert ids(decision) == ids(decide(route, talk=talk, aliases={"two": (STRONG.id, SMALL.id)}))
            firsts[ids(decision)[0]] += 1
        assert firsts.keys() == {GROQ.id, STRONG.id}
        assert 110 < firsts[GROQ.id] < 190

    def test_weights_leave_the_rest_of_use_as_fallbacks(self) -> None:
        rule = Rule(use=(SMALL.id, GROQ.id, LLAMA.id), weights={GROQ.id: 1, LLAMA.id: 1})
        decision = decide(RouteSettings(rules=(rule,)), talk=Talk(b"x"))
        assert set(ids(decision)[:2]) == {GROQ.id, LLAMA.id}
        assert ids(decision)[2] == SMALL.id
        assert decision.reasons[1].startswith("drawn by weight: ")
        assert decision.reasons[1].endswith(" which gets 50 % of conversations")

    def test_weights_that_nobody_left_has_set_no_order(self) -> None:
        rule = Rule(use=(GROQ.id, LLAMA.id), weights={STRONG.id: 1})
        decision = decide(RouteSettings(rules=(rule,)), talk=Talk(b"x"))
        assert ids(decision) == [GROQ.id, LLAMA.id]

    def test_a_canary_is_first_for_its_percent_and_last_for_the_others(self) -> None:
        route = RouteSettings(rules=(Rule(use=(GROQ.id,), canary={MEDIC.id: 25}),))
        firsts = over_talks(route)
        assert firsts.keys() == {GROQ.id, MEDIC.id}
        assert 70 < firsts[MEDIC.id] < 130

    def test_a_canary_would_be_first_by_cost_and_is_not(self) -> None:
        route = RouteSettings(rules=(Rule(canary={SMALL.id: 0}),), objective=Objective(best="fastest"))
        for number in range(50):
            assert ids(decide(route, talk=Talk(b"%d" % number)))[-1] == SMALL.id

    def test_a_canary_leaves_the_conversation_s_seat(self) -> None:
        route = RouteSettings(rules=(Rule(canary={GROQ.id: 100}),))
        decision = decide(route, talk=Talk(b"x"))
        assert ids(decision)[0] == GROQ.id
        assert decision.reasons[-1] == "canary 'groq/llama': this conversation is in its 100 %"

    def test_one_that_may_not_serve_this_is_passed_over(self) -> None:
        route = RouteSettings(rules=(Rule(canary={STRONG.id: 100}),))
        decision = decide(route, judged=verdict((SMALL, GROQ)))
        assert ids(decision) == [SMALL.id, GROQ.id]
        assert decision.reasons[-1] == "canary 'openai/gpt' passed over: it cannot serve this"
