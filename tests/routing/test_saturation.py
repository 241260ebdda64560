"""How many an own machine takes: told, or learnt from its queue and from how soon it answers."""

from wye.routing.saturation import HOLD, Saturation


def test_nothing_is_known_of_one_that_never_queued() -> None:
    fresh = Saturation()
    assert fresh.window is None
    assert not fresh.full(10_000)


def test_stated_slots_are_believed_until_something_better_is_known() -> None:
    stated = Saturation(8)
    assert [stated.full(busy) for busy in (8, 9)] == [False, True]


def test_full_when_an_eighth_queues_until_half_of_it_is_gone() -> None:
    big = Saturation(32, exact=True)
    assert [big.full(busy) for busy in (32, 35, 36, 35, 34, 33, 35, 36)] == [
        *(False, False, True, True, True, False, False, True)
    ]
    small = Saturation(4, exact=True)
    assert [small.full(busy) for busy in (4, 5, 4, 5)] == [False, True, False, True]


def test_a_measured_queue_teaches_the_window_and_others_count() -> None:
    shared = Saturation()
    shared.told(running=20, waiting=3, slots=None, busy=15)
    assert shared.window == 20
    assert [shared.full(busy) for busy in (13, 14)] == [False, True]  # 8 are somebody else's
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


class TestBids:
    """Slots go to who saves most there, once they are wanted by more than they can serve."""

    def play(self, machine: Saturation, ticks: int, *worths: float, mean: float = 10.0) -> None:
        for _ in range(ticks):
            for worth in worths:
                machine.bid(worth, 10.0, 0)
            machine.clearing.tick(machine.window, mean)

    def test_where_there_is_room_for_all_nothing_has_a_price(self) -> None:
        machine = Saturation(10, exact=True)
        self.play(machine, 60, *[1.0] * 5, *[0.0] * 5)  # each tick wants 100 slot-seconds of 5
        assert machine.clearing.price == 1.0
        idle = Saturation(300, exact=True)
        self.play(idle, 60, *[1.0] * 5, *[0.0] * 5)
        assert idle.clearing.price == 0.0

    def test_who_saves_less_finds_it_full_earlier(self) -> None:
        machine = Saturation(16, exact=True)
        self.play(machine, 60, 1.0, 1.0)
        assert machine.clearing.price == 1.0
        room = {
            worth: next(b for b in range(20) if machine.full(b, worth)) for worth in (1.0, 0.9, 0.75, 0.5)
        }
        assert room == {1.0: 18, 0.9: 13, 0.75: 8, 0.5: 0}

    def test_the_price_goes_when_the_rush_is_over(self) -> None:
        machine = Saturation(4, exact=True)
        self.play(machine, 60, 1.0, 1.0)
        self.play(machine, 121)
        assert machine.clearing.price == 0.0

    def test_a_quicker_machine_has_more_room_than_was_expected(self) -> None:
        machine = Saturation(16, exact=True)
        self.play(machine, 400, 1.0, 1.0, mean=2.0)  # 20 slot-seconds a tick are 4 there, of 8
        assert machine.clearing.price == 0.0

    def test_without_a_window_there_is_nothing_to_sell(self) -> None:
        machine = Saturation()
        self.play(machine, 60, 1.0, 1.0)
        assert machine.clearing.price == 0.0
