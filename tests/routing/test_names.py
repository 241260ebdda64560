"""What a name means, and what a client hears about one that means nothing."""

import msgspec
import pytest

from routing.facts import EVERY, LLAMA, SMALL, UP, ask, deployment, ids, verdict, why
from wye.catalog.deployments import Deployment
from wye.config.settings import Settings
from wye.config.strategies import GateSettings, RouteSettings, Rule, ShadowSettings
from wye.core.errors import PolicyError, UnknownModelError
from wye.core.lane import Lane
from wye.routing import Router
from wye.routing.names import mentioned
from wye.routing.router import MAX_CACHED


class TestNames:
    @pytest.mark.parametrize(
        ("name", "strategy", "chosen"),
        [
            ("openai/gpt", "pinned", ["openai/gpt"]),
            ("gpt", "pinned", ["openai/gpt"]),
            ("llama", "model", ["groq/llama", "together/llama"]),
            ("fast", "alias", ["groq/llama"]),
            ("both", "alias", ["openai/gpt", "groq/llama"]),
            ("cheap", "cheap", ["embedded/small", "groq/llama"]),
        ],
    )
    def test_what_a_name_means(self, name: str, strategy: str, chosen: list[str]) -> None:
        settings = Settings(
            aliases={"fast": "groq/llama", "both": ("openai/gpt", "not/there", "openai/gpt", "groq/llama")},
            routes={"cheap": RouteSettings(candidates=("fast", "embedded/small"))},
        )
        decision = Router(settings, EVERY).decide(ask(name), verdict(), UP)
        assert (decision.strategy, ids(decision)) == (strategy, chosen)

    @pytest.mark.parametrize(
        ("name", "chosen"),
        [
            ("auto/own", ["embedded/small"]),
            ("auto/hosted", ["groq/llama", "together/llama"]),
            ("auto/closed", ["openai/gpt", "openai/odd"]),
        ],
    )
    def test_auto_in_one_lane(self, name: str, chosen: list[str]) -> None:
        decision = Router(Settings(), EVERY).decide(ask(name), verdict(), UP)
        assert (decision.strategy, sorted(ids(decision))) == (name, chosen)

    def test_auto_in_one_lane_keeps_to_what_auto_may_choose(self) -> None:
        auto = RouteSettings(candidates=("fast",), rules=(Rule(lanes=(Lane.CLOSED,)),), labels=("phi",))
        router = Router(Settings(aliases={"fast": ("groq/llama", "openai/gpt")}, auto=auto), EVERY)
        assert ids(router.decide(ask("auto/hosted"), verdict(), UP)) == ["groq/llama"]
        assert router.labels("auto/hosted") == {"phi"}
        with pytest.raises(UnknownModelError, match="'auto/own' names no deployment"):
            router.decide(ask("auto/own"), verdict(), UP)

    def test_a_name_from_the_configuration_goes_before_auto_in_one_lane(self) -> None:
        router = Router(Settings(aliases={"auto/own": "openai/gpt"}), EVERY)
        assert ids(router.decide(ask("auto/own"), verdict(), UP)) == ["openai/gpt"]

    def test_an_alias_goes_before_a_discovered_id_and_a_model_name(self) -> None:
        settings = Settings(aliases={"gpt": "groq/llama", "openai/gpt": "embedded/small"})
        router = Router(settings, EVERY)
        assert ids(router.decide(ask("gpt"), verdict(), UP)) == ["groq/llama"]
        assert ids(router.decide(ask("openai/gpt"), verdict(), UP)) == ["embedded/small"]

    def test_an_id_goes_before_a_model_name(self) -> None:
        twin = deployment("other/x", Lane.CLOSED, model="openai/gpt")
        decision = Router(Settings(), [*EVERY, twin]).decide(ask("openai/gpt"), verdict(), UP)
        assert ids(decision) == ["openai/gpt"]

    def test_a_model_that_several_serve_prefers_what_the_configuration_declares(self) -> None:
        settings = msgspec.convert({"deployments": {"together/llama": {"model": "llama"}}}, Settings)
        decision = Router(settings, EVERY).decide(ask("llama"), verdict(), UP)
        assert ids(decision) == ["together/llama", "groq/llama"]

    def test_a_model_that_several_serve_is_filtered_by_the_verdict(self) -> None:
        decision = Router(Settings(), EVERY).decide(ask("llama"), verdict([LLAMA]), UP)
        assert ids(decision) == ["together/llama"]
        assert why(decision) == {"groq/llama": "label 'x' permits own, this is hosted"}

    def test_unknown_suggests_only_what_is_permitted(self) -> None:
        router = Router(Settings(), EVERY)
        with pytest.raises(UnknownModelError, match=r"'openai/gtp'. Did you mean openai/gpt"):
            router.decide(ask("openai/gtp"), verdict(), UP)
        with pytest.raises(UnknownModelError) as caught:
            router.decide(ask("openai/gtp"), verdict([SMALL]), UP)
        assert "gpt" not in caught.value.message
        assert caught.value.param == "model"

    def test_unknown_suggests_the_right_case_and_the_provider_left_out(self) -> None:
        router = Router(Settings(), EVERY)
        with pytest.raises(UnknownModelError, match="Did you mean openai/gpt"):
            router.decide(ask("OpenAI/GPT"), verdict(), UP)

    def test_a_monstrous_name_is_refused_and_cut(self) -> None:
        with pytest.raises(UnknownModelError) as caught:
            Router(Settings(), EVERY).decide(ask("x" * 100_000), verdict(), UP)
        assert len(caught.value.message) < 300

    def test_a_configured_name_without_a_deployment_says_so(self) -> None:
        router = Router(Settings(aliases={"fast": "gone/away"}), EVERY)
        with pytest.raises(UnknownModelError, match="alias 'fast' names no deployment that is there"):
            router.decide(ask("fast"), verdict(), UP)

    def test_auto_without_any_deployment_says_so(self) -> None:
        with pytest.raises(UnknownModelError, match="route 'auto' names no deployment"):
            Router(Settings(), []).decide(ask("auto"), verdict([], []), UP)

    def test_names_are_those_that_lead_somewhere(self) -> None:
        router = Router(Settings(aliases={"fast": "groq/llama", "none": "gone/away"}), EVERY)
        assert router.names(verdict([SMALL])) == ["auto", "auto/own", "embedded/small", "small"]
        assert "fast" in router.names(verdict())
        assert "none" not in router.names(verdict())

    def test_what_aliases_and_routes_lead_to_can_be_listed(self) -> None:
        settings = Settings(
            aliases={"fast": "a/1", "both": ("a/2", "a/3")},
            routes={"r": RouteSettings(candidates=("fast", "a/4"), rules=(Rule(use=("both", "a/5")),))},
            auto=RouteSettings(rules=(Rule(use=("a/6",)),)),
        )
        assert mentioned(settings) == {f"a/{n}" for n in range(1, 7)}
        assert mentioned(Settings()) == frozenset()

    def test_whatever_a_route_names_is_mentioned(self) -> None:
        route = RouteSettings(
            rules=(Rule(weights={"a/1": 1, "two": 2}, canary={"a/3": 5}),),
            strong="a/4",
            gate=GateSettings(ask=("a/5",)),
            shadow=ShadowSettings(judge="a/6"),
        )
        settings = Settings(routes={"work": route}, aliases={"two": "a/2"})
        assert mentioned(settings) == {f"a/{n}" for n in range(1, 7)}

    def test_a_judge_is_no_candidate_unless_it_is_listed(self) -> None:
        watched = ShadowSettings(judge="openai/gpt")
        settings = Settings(auto=RouteSettings(shadow=watched))
        assert "openai/gpt" not in Router(settings, EVERY).behind("auto", verdict())
        assert Router(settings, EVERY).behind("auto/closed", verdict()) == ("openai/odd",)
        listed = RouteSettings(shadow=watched, candidates=("openai/gpt",))
        assert Router(Settings(auto=listed), EVERY).behind("auto", verdict()) == ("openai/gpt",)

    def test_a_route_adds_labels(self) -> None:
        settings = Settings(routes={"ward": RouteSettings(labels=("phi",))})
        router = Router(settings, EVERY)
        assert router.labels("ward") == {"phi"}
        assert router.labels("auto") == router.labels("anything") == frozenset()


class TestDynamic:
    LATE = deployment("openrouter/new", Lane.HOSTED)

    def router(self) -> tuple[Router, list[str]]:
        asked: list[str] = []

        def resolve(name: str) -> Deployment | None:
            asked.append(name)
            return self.LATE if name == self.LATE.id else None

        return Router(Settings(), EVERY, dynamic=resolve), asked

    def test_a_late_deployment_is_pinned_once_the_verdict_names_it(self) -> None:
        router, asked = self.router()
        assert router.dynamic("openrouter/new") is router.dynamic("openrouter/new")
        assert asked == ["openrouter/new"]
        extended = verdict([*EVERY, self.LATE])
        assert ids(router.decide(ask("openrouter/new"), extended, UP)) == ["openrouter/new"]

    def test_a_late_deployment_nobody_judged_is_refused(self) -> None:
        router, _ = self.router()
        router.dynamic("openrouter/new")
        with pytest.raises(PolicyError, match="not judged, so not permitted"):
            router.decide(ask("openrouter/new"), verdict(), UP)

    def test_known_names_are_not_resolved_and_unknown_ones_stay_unknown(self) -> None:
        router, asked = self.router()
        assert router.dynamic("openai/gpt") is None
        assert asked == []
        assert router.dynamic("openrouter/none") is None
        with pytest.raises(UnknownModelError):
            router.decide(ask("openrouter/none"), verdict(), UP)

    def test_without_a_resolver_there_is_nothing_dynamic(self) -> None:
        assert Router(Settings(), EVERY).dynamic("openrouter/new") is None

    def test_the_caches_stay_bounded_whatever_names_callers_invent(self) -> None:
        router = Router(Settings(), [], dynamic=lambda name: deployment(name, Lane.HOSTED))
        for number in range(MAX_CACHED + 20):
            late = router.dynamic(f"openrouter/{number}")
            assert late is not None
            router.decide(ask(late.id), verdict([late], []), UP)
        assert len(router._dynamic) == len(router._plans) == MAX_CACHED
