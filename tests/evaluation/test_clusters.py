import numpy as np

from wye.evaluation.clusters import HASHES, Shingled, clusters

QUESTION = "Which planet of the solar system has the largest number of known moons as of today?"
INSTRUCTION = "Read the following task with care, think step by step, and answer with one number only."


def unrelated(count: int) -> list[str]:
    rng = np.random.default_rng(1)
    words = [f"word{number}" for number in range(500)]
    return [" ".join(rng.choice(words, 25)) for _ in range(count)]


def test_prompts_that_differ_stay_apart() -> None:
    assert clusters(unrelated(100)).tolist() == list(range(100))


def test_a_changed_word_or_layout_makes_no_other_prompt() -> None:
    prompts = [*unrelated(20), QUESTION, QUESTION.replace("today", "now"), f"  {QUESTION.upper()}\n"]
    assert clusters(prompts)[20:].tolist() == [20, 20, 20]


def test_the_same_question_with_other_choices_is_one() -> None:
    four = QUESTION + "\nA. Earth\nB. Mars\nC. Saturn\nD. Venus\nAnswer:"
    names = ("Pluto", "Saturn in its rings", "Jupiter", "Neptune or Uranus", "Mercury", "Vesta and Ceres")
    more = QUESTION + "".join(f"\n{letter}. {name}" for letter, name in zip("ABCDEF", names, strict=True))
    assert clusters([*unrelated(20), four, more, QUESTION])[20:].tolist() == [20, 20, 20]


def test_an_instruction_on_every_prompt_joins_none() -> None:
    prompts = [f"{INSTRUCTION} {prompt}" for prompt in unrelated(200)]
    assert len(set(clusters(prompts).tolist())) == 200


def test_chains_of_near_duplicates_are_one_cluster() -> None:
    words = unrelated(1)[0].split()
    chain = [" ".join([*words[:number], *(f"new{n}" for n in range(number, 25))]) for number in (25, 24, 23)]
    assert len(set(clusters([*chain, *unrelated(5)[1:]]).tolist())) == 5


def test_short_and_empty_prompts_are_compared_whole() -> None:
    assert clusters(["", "hi", "Hi ", "ho", ""]).tolist() == [0, 1, 1, 3, 0]


def test_no_prompts() -> None:
    assert len(clusters([])) == 0


def test_signatures_know_prompts_of_another_file_again() -> None:
    """Without what these shared: another file may be too small to tell that it is shared."""
    ours = Shingled([f"{INSTRUCTION} {prompt}" for prompt in unrelated(200)])
    signed = ours.signed(ours.common, range(100))
    assert (signed.places.tolist(), signed.likeness.shape) == (list(range(100)), (100, HASHES))
    nearly = f"{INSTRUCTION} {unrelated(100)[7]} again"
    theirs = Shingled([nearly, *(f"{INSTRUCTION} {prompt}" for prompt in unrelated(110)[100:]), "hi"])
    assert theirs.common == frozenset()
    assert theirs.like(signed.likeness, ours.common).tolist() == [True, *[False] * 11]
    assert not theirs.like(signed.likeness[:0], ours.common).any()
    assert not Shingled(["hi"]).like(signed.likeness, ours.common).any()
