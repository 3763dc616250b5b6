"""What the checker of schedules calls a split, and how much of it is excused."""

from tests.edge.presence import Split, Stay, splits


def test_a_room_is_apart_while_its_people_are_answered_by_two_instances() -> None:
    """Not while one has left and the other has not come; a handover through a third place is one split."""
    stays = [
        Stay("daily", "gra-1", 0, 10),
        Stay("daily", "gra-1", 2, 4),
        Stay("daily", "sbg-1", 7, 9),
        Stay("daily", "sbg-2", 9, 12),
        Stay("daily", "gra-1", 13, 20),
        Stay("other", "sbg-1", 0, 20),
    ]
    assert splits(stays) == [Split("daily", ("gra-1", "sbg-1", "sbg-2"), 7, 10)]


def test_each_time_apart_is_its_own() -> None:
    """What was whole between is not counted."""
    stays = [Stay("daily", "gra-1", 0, 10), Stay("daily", "sbg-1", 1, 2), Stay("daily", "sbg-1", 5, 7)]
    assert [(split.begin, split.end) for split in splits(stays)] == [(1, 2), (5, 7)]


def test_what_no_window_excuses_is_left() -> None:
    """Windows overlap, begin before and end after."""
    split = Split("daily", ("gra-1", "sbg-1"), 10, 20)
    assert split.outside([]) == 10
    assert split.outside([(0, 12), (11, 14), (18, 30)]) == 4
    assert split.outside([(30, 40), (0, 5)]) == 10
    assert split.outside([(5, 25), (6, 7)]) == 0
