"""The strong model serves, unless a certificate covers sending this prompt to the weak one."""

from decimal import Decimal

import msgspec
import numpy as np
import pytest

from routing.facts import EMBEDDINGS, EVERY, GROQ, LLAMA, STRONG, UP, Down, ask, ids, verdict
from wye.catalog.deployments import Deployment
from wye.config.settings import Settings
from wye.config.strategies import Objective, RouteSettings, Rule
from wye.core.decision import Decision
from wye.core.lane import Lane
from wye.routing import Router
from wye.routing.conversation import Unknown
from wye.routing.features import Extractor
from wye.routing.features.extract import BUCKETS
from wye.routing.length import LengthHead
from wye.routing.measured import UNMEASURED, Serving
from wye.routing.opinion import MOST_CACHED, NONE, Opinions
from wye.routing.quality import Head, Space
from wye.routing.revision import Learnt, Pace, Revision, Trace, Weights, read, write

FACTS = Revision(
    route="auto",
    strong="gpt",
    weak="groq/llama",
    models=(),
    thresholds=(0.1, 0.2),
    features="",
    heads="",
    rows="",
    labels={},
    paces={"gpt": Pace(bytes_per_token=2.0, output_tokens=100.0)},
)
EASY, HARD = "tea " * 30, "torque " * 30


class Said(Unknown):
    def __init__(self, prompt: str) -> None:
        self._prompt = prompt

    def prompt(self) -> str:
        return self._prompt


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    """The strong model can do anything, the weak one tea."""
    extractor = Extractor()
    easy, hard = extractor(EASY).dense, extractor(HARD).dense
    one = np.ones(extractor.dimensions, dtype=np.float32)
    axes = np.eye(extractor.dimensions, dtype=np.float32)[:4]
    space = Space(0 * one, one, axes, one[:4], 1.0, 1e3)
    grams = np.zeros(BUCKETS, dtype=np.float32)
    tea = (easy - hard) * 20 / float((easy - hard) @ (easy - hard))
    narrow = np.linalg.qr(np.stack([easy, hard]).T)[0].T.astype(np.float32)
    heads = [
        Head("gpt", 0 * one, grams, 3.0, narrow, one[:2]),
        Head("groq/llama", tea, grams, -float(tea @ (easy + hard)) / 2, narrow, one[:2]),
    ]
    lengths = [LengthHead("groq/llama", 0 * one, float(np.log(40)), 0.0, 1.0, 500.0)]
    folder = tmp_path_factory.mktemp("revisions")
    return read(folder, write(folder, FACTS, Weights(space, heads, lengths), Trace()).id)


def decide(
    prompt: str, serving: Serving = UNMEASURED, *more: Deployment, health: Down = UP, **route: object
) -> Decision:
    found = more or (STRONG, GROQ, LLAMA)
    router = Router(Settings(auto=RouteSettings(**route)), found, measured={"auto": serving})  # type: ignore[arg-type]
    return router.decide(ask("auto"), verdict(found, found), health, Said(prompt))


def test_without_a_certificate_the_strong_model_serves_and_says_why(learnt: Learnt) -> None:
    decision = decide(EASY)
    assert ids(decision) == ["openai/gpt", "groq/llama", "together/llama"]
    assert decision.reasons == (
        "uncertified: strong serves (nothing has been learnt for this route)",
        "the only one of 3 that fit that may serve first",
    )
    assert (decision.certificate, decision.covered, decision.gain) == ("", (), None)
    unsure = decide(EASY, Serving(learnt, why_not="certificate c1 expired"))
    assert ids(unsure)[0] == "openai/gpt"
    assert unsure.reasons[0] == "uncertified: strong serves (certificate c1 expired)"
    assert unsure.gain is not None


def test_a_certificate_lets_the_weak_model_serve_what_it_can_do(learnt: Learnt) -> None:
    serving = Serving(learnt, "c1", 0.2)
    easy = decide(EASY, serving)
    assert ids(easy) == ["groq/llama", "openai/gpt", "together/llama"]
    assert (easy.certificate, easy.covered) == ("c1", ("groq/llama", "openai/gpt"))
    assert easy.reasons[0].startswith("certified by c1: weak may serve, gain -0.0")
    hard = decide(HARD, serving)
    assert ids(hard)[0] == "openai/gpt"
    assert (hard.certificate, hard.covered) == ("c1", ("openai/gpt",))
    assert hard.reasons[0].startswith("certified by c1: strong serves, gain 0.9")
    assert hard.reasons[0].endswith("≥ threshold 0.200")


def test_candidates_carry_what_was_expected_of_them(learnt: Learnt) -> None:
    weak, strong, other = decide(EASY, Serving(learnt, "c1", 0.2)).candidates
    assert weak.quality is not None
    assert weak.quality > 0.99
    assert strong.quality is not None
    assert 0.9 < strong.quality < weak.quality
    assert other.quality is None
    assert (weak.output_tokens, strong.output_tokens, other.output_tokens) == (40, 100, None)
    # 400 bytes: 2 a token at the one, 4 at the others.
    assert strong.expected_cost == Decimal("0.004")
    assert float(weak.expected_cost or 0) == pytest.approx((100 * 0.1 + 40 * 0.3) / 1e6)


def test_a_prompt_unlike_any_goes_to_the_strong_model(learnt: Learnt) -> None:
    tight = Learnt(
        learnt.revision,
        Weights(
            Space(*(np.zeros(125, np.float32), np.ones(125, np.float32)), np.eye(125, dtype=np.float32)[:1],
                  np.ones(1, np.float32), 1.0, 1e-6), _heads(), []),
    )  # fmt: skip
    decision = decide(EASY, Serving(tight, "c1", 0.2))
    assert ids(decision)[0] == "openai/gpt"
    assert decision.unlike
    assert decision.reasons[0] == (
        "certified by c1: strong serves, the prompt is unlike anything learnt from"
    )


def _heads() -> list[Head]:
    wide, grams, axes = (
        np.zeros(125, np.float32),
        np.zeros(BUCKETS, np.float32),
        np.eye(125, dtype=np.float32),
    )
    return [Head(name, wide, grams, 0.0, axes[:1], wide[:1]) for name in ("gpt", "groq/llama")]


def test_a_request_without_text_goes_to_the_strong_model(learnt: Learnt) -> None:
    decision = decide("", Serving(learnt, "c1", 0.2))
    assert ids(decision)[0] == "openai/gpt"
    assert "nothing to judge the prompt by" in decision.reasons[0]


def test_a_certificate_against_another_strong_model_covers_nothing(learnt: Learnt) -> None:
    other = msgspec.structs.replace(STRONG, id="openai/other", model="other")
    decision = decide(EASY, Serving(learnt, "c1", 0.2), other, GROQ)
    assert ids(decision) == ["openai/other", "groq/llama"]
    assert decision.certificate == ""
    assert "compares with 'gpt', which is no candidate here" in decision.reasons[0]


def test_what_is_down_serves_last_and_the_decision_is_not_certified(learnt: Learnt) -> None:
    down = Down(groq_llama="resting", openai_gpt="resting")
    decision = decide(EASY, Serving(learnt, "c1", 0.2), health=down)
    assert ids(decision)[0] == "together/llama"
    assert decision.certificate == ""
    assert decision.covered == ("groq/llama", "openai/gpt")


def test_a_person_s_word_stands(learnt: Learnt) -> None:
    serving = Serving(learnt, "c1", 0.2)
    ordered = decide(HARD, serving, rules=(Rule(use=("groq/llama", "openai/gpt")),))
    assert ids(ordered)[0] == "groq/llama"
    assert ordered.certificate == ""
    alone = decide(HARD, serving, rules=(Rule(lanes=(Lane.HOSTED,)),))
    assert ids(alone) == ["groq/llama", "together/llama"]
    named = decide(EASY, strong="together/llama")
    assert ids(named)[0] == "together/llama"


def test_equal_revisions_decide_equally(learnt: Learnt) -> None:
    servings = (UNMEASURED, Serving(learnt), Serving(learnt, "c1", 0.2), Serving(learnt, why_not="expired"))
    revisions = {Router(Settings(), EVERY, measured={"auto": one}).revision for one in servings}
    assert len(revisions) == 4
    again = Router(Settings(), EVERY, measured={"auto": Serving(learnt)}).revision
    assert again in revisions


def test_opinions_are_remembered_without_the_prompt(learnt: Learnt) -> None:
    opinions = Opinions(learnt)
    request = ask("auto")
    first = opinions.of(request, Said(EASY))
    assert opinions.of(request, Said(EASY)) is first
    assert all(len(key) == 16 for key in opinions._known)
    assert opinions.of(ask("auto", EMBEDDINGS), Said(EASY)) is NONE
    assert opinions.of(request, Said("")) is NONE
    opinions._known = type(opinions._known)((b"%d" % n, NONE) for n in range(MOST_CACHED))
    opinions.of(request, Said(HARD))
    assert len(opinions._known) == MOST_CACHED


def test_a_defect_in_what_was_learnt_is_no_opinion_and_strong_serves(
    learnt: Learnt, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def defect(*_: object) -> None:
        message = "a head of another size"
        raise ValueError(message)

    monkeypatch.setattr(learnt.quality, "estimate", defect)
    found = (STRONG, GROQ, LLAMA)
    router = Router(Settings(), found, measured={"auto": Serving(learnt, "c1", 0.2)})
    for _ in range(2):
        chosen = router.decide(ask("auto"), verdict(found, found), UP, Said(EASY))
        assert ids(chosen)[0] == "openai/gpt"
        assert chosen.unlike
    assert router.opinions["auto"].defects == 2
    assert caplog.text.count("a head of another size") == 1


def test_a_canary_that_the_certificate_does_not_cover_is_uncertified(learnt: Learnt) -> None:
    serving = Serving(learnt, "c1", 0.2)
    outside = decide(EASY, serving, rules=(Rule(canary={"together/llama": 100}),))
    assert ids(outside)[0] == "together/llama"
    assert (outside.certificate, outside.covered) == ("", ("groq/llama", "openai/gpt"))
    inside = decide(HARD, serving, rules=(Rule(canary={"openai/gpt": 100}),))
    assert (ids(inside)[0], inside.certificate) == ("openai/gpt", "c1")


def test_bounds_go_by_what_was_learnt_and_promise_no_certificate(learnt: Learnt) -> None:
    serving = Serving(learnt, "c1", 0.2)
    good = Objective(quality=0.9)
    easy, hard = (decide(prompt, serving, objective=good) for prompt in (EASY, HARD))
    assert (ids(easy)[0], ids(hard)[0]) == ("groq/llama", "openai/gpt")
    assert easy.certificate == hard.certificate == ""
    assert easy.reasons == ("cheapest of 2 with an expected score of at least 0.9, of 3 that fit",)
    best = decide(EASY, serving, objective=Objective(best="quality"))
    assert ids(best) == ["groq/llama", "openai/gpt", "together/llama"]


@pytest.mark.parametrize("flagged", [False, True])
def test_what_was_learnt_says_who_is_strong_where_profiles_tell_nobody_apart(
    learnt: Learnt, *, flagged: bool
) -> None:
    found = [
        msgspec.structs.replace(one, profile=msgspec.structs.replace(one.profile, strong=flagged))
        for one in (STRONG, GROQ)
    ]
    assert ids(decide(EASY, Serving(learnt, why_not="it was withdrawn"), *found))[0] == "openai/gpt"
    certified = Serving(learnt, "c1", 0.2)
    assert ids(decide(HARD, certified, *found))[0] == "openai/gpt"
    easy = decide(EASY, certified, *found)
    assert (ids(easy)[0], easy.certificate) == ("groq/llama", "c1")
