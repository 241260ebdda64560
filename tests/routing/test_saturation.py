"""How many an own machine takes: told, or learnt from its queue and from how soon it answers."""

from wye.routing.saturation import HOLD, Saturation


def test_nothing_is_known_of_one_that_never_queued() -> None:
    fresh = Saturation()
    assert fresh.window is None
    assert not fresh.full(10_000)


def test_stated_slots_are_believed_until_something_better_is_known() -> None:
    stated = Saturation(8)
    assert [stated.full(busy) for busy in (7, 8)] == [False, True]


def test_full_until_an_eighth_is_free() -> None:
    big = Saturation(32, exact=True)
    assert [big.full(busy) for busy in (31, 32, 31, 29, 28, 31, 32)] == [
        *(False, True, True, True, False, False, True)
    ]
    one = Saturation(4, exact=True)
    assert [one.full(busy) for busy in (4, 3, 4)] == [True, False, True]


def test_a_measured_queue_teaches_the_window_and_others_count() -> None:
    shared = Saturation()
    shared.told(running=20, waiting=3, slots=None, busy=15)
    assert shared.window == 20
    assert shared.full(12)  # 8 are somebody else's
    shared.told(running=12, waiting=0, slots=None, busy=12)
    assert shared.window == 20
    assert not shared.full(12)


def test_a_full_window_without_a_queue_opens() -> None:
    engine = Saturation()
    engine.told(10, 1, None, 11)
    for _ in range(5):
        assert engine.window is not None
        engine.told(engine.window, 0, None, engine.window)
    assert engine.window == 15


def test_told_slots_are_exact() -> None:
    llama = Saturation()
    llama.told(2, 0, 4, 2)
    llama.told(4, 9, 4, 4)
    llama.seen(100.0, 4)
    assert llama.window == 4


def test_slow_first_tokens_cut_the_window_once_and_quick_ones_open_it() -> None:
    engine = Saturation(2)
    engine.window = None
    for _ in range(3):
        engine.seen(0.2, 10)
    assert engine.window is None
    for _ in range(HOLD):
        engine.seen(2.0, 40)
    assert engine.window == 32  # a cut needs time to have an effect
    for _ in range(HOLD):
        engine.seen(2.0, 1)
    assert engine.window == 2  # never below what is stated
    engine.seen(0.3, 2)
    assert engine.window == 3
    engine.seen(None, 3)
    assert engine.window == 3


def test_half_a_second_more_is_no_queue() -> None:
    engine = Saturation()
    engine.seen(0.05, 5)
    engine.seen(0.5, 5)
    assert engine.window is None
