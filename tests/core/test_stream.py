"""The order of events: what is legal, and every step that is not."""

import pytest

from wye.core.chat import Citation, Finish, Text
from wye.core.stream import (
    LEGAL,
    Begin,
    Cite,
    Close,
    Delta,
    End,
    Event,
    Fail,
    Finished,
    Open,
    Order,
    OrderError,
    Ping,
    Sign,
    Used,
)
from wye.core.usage import Usage

BEGIN = Begin(id="1", model="m")
OPEN = Open(index=0, part=Text(text=""))
DELTA = Delta(index=0, text="a")
SIGN = Sign(index=0, signature="s")
CITE = Cite(index=0, citation=Citation(url="u"))
CLOSE = Close(index=0)
FINISHED = Finished(finish=Finish.STOP)
USED = Used(usage=Usage(1, 2))
EVENTS: tuple[Event, ...] = (
    BEGIN,
    OPEN,
    DELTA,
    SIGN,
    CITE,
    CLOSE,
    FINISHED,
    USED,
    Ping(),
    Fail(message="no"),
    End(),
)


def seen(*events: Event) -> Order:
    order = Order()
    for event in events:
        order.see(event)
    return order


def kinds(events: tuple[Event, ...]) -> set[type]:
    return {type(event) for event in events}


@pytest.mark.parametrize(
    ("before", "legal"),
    [
        ((), {Begin, Ping, Fail}),
        ((BEGIN,), {Open, Finished, Used, Ping, Fail, End}),
        ((BEGIN, OPEN), {Delta, Sign, Cite, Close, Used, Ping, Fail}),
        ((BEGIN, OPEN, CLOSE), {Finished, Used, Ping, Fail, End}),
        ((BEGIN, OPEN, CLOSE, FINISHED), {Used, Ping, Fail, End}),
        ((BEGIN, End()), set()),
        ((BEGIN, Fail(message="no")), set()),
        ((Fail(message="no"),), set()),
        ((Ping(),), {Begin, Ping, Fail}),
    ],
    ids=["idle", "begun", "open", "closed", "finished", "ended", "failed", "failed at once", "pinged"],
)
def test_from_every_state_the_legal_events_and_no_others(before: tuple[Event, ...], legal: set[type]) -> None:
    for event in EVENTS:
        order = seen(*before)
        if type(event) in legal:
            order.see(event)
        else:
            with pytest.raises(OrderError):
                order.see(event)


def test_the_table_names_every_event() -> None:
    assert {kind for kinds_ in LEGAL.values() for kind in kinds_} == kinds(EVENTS)


@pytest.mark.parametrize(
    "event",
    [
        Open(index=0, part=Text(text="")),
        Open(index=2, part=Text(text="")),
        Delta(index=1, text=""),
        Close(index=1),
        Sign(index=0, choice=1),
        Cite(index=5, citation=Citation()),
        Open(index=1, part=Text(text=""), choice=1),
    ],
)
def test_a_part_that_is_not_open_or_out_of_turn_is_refused(event: Event) -> None:
    order = seen(BEGIN, OPEN)
    with pytest.raises(OrderError):
        order.see(event)


def test_a_closed_part_is_not_opened_or_filled_again() -> None:
    for event in (DELTA, CLOSE, OPEN):
        order = seen(BEGIN, OPEN, CLOSE)
        with pytest.raises(OrderError):
            order.see(event)


def test_parts_may_be_open_side_by_side_and_close_in_any_order() -> None:
    second = Open(index=1, part=Text(text=""))
    order = seen(
        BEGIN, OPEN, second, Delta(index=1, text="b"), DELTA, Close(index=0), Close(index=1), FINISHED
    )
    assert order.state == "begun"


def test_choices_have_their_own_parts_and_ends() -> None:
    other = Open(index=0, part=Text(text=""), choice=1)
    order = seen(BEGIN, OPEN, other, CLOSE, FINISHED, Delta(index=0, text="x", choice=1))
    with pytest.raises(OrderError):
        order.see(Finished(finish=Finish.STOP, choice=1))
    order.see(Close(index=0, choice=1))
    order.see(Finished(finish=Finish.STOP, choice=1))
    order.see(End())
    assert order.state == "over"


def test_the_error_says_what_may_not_come_when() -> None:
    with pytest.raises(OrderError, match="Delta may not come while idle"):
        Order().see(DELTA)
