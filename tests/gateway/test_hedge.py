from wye.config.strategies import HedgeSettings
from wye.gateway.hedge import Hedge


def test_no_more_than_a_share_is_hedged() -> None:
    hedge = Hedge(HedgeSettings(after_ms=250, share=0.05))
    taken = 0
    for _ in range(1_000):
        hedge.asked()
        taken += hedge.take()
    assert (taken, hedge.seconds) == (50, 0.25)


def test_a_quiet_time_saves_up_a_few() -> None:
    hedge = Hedge(HedgeSettings(after_ms=1, share=0.5))
    assert not hedge.take()
    for _ in range(1_000):
        hedge.asked()
    assert sum(hedge.take() for _ in range(100)) == 10


def test_all_may_be() -> None:
    hedge = Hedge(HedgeSettings(after_ms=1, share=1))
    for _ in range(20):
        hedge.asked()
        assert hedge.take()
