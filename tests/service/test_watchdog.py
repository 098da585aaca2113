"""The watch over a worker that no longer takes messages."""

from __future__ import annotations

from workers.watchdog import PATIENCE, Watch


def test_idle_beside_a_full_queue_is_stuck() -> None:
    watch = Watch(2)
    assert [watch.stuck(5, 0, 7) for _ in range(PATIENCE + 1)] == [False] * PATIENCE + [True]


def test_one_lost_slot_is_enough() -> None:
    watch = Watch(2)
    assert any(watch.stuck(5, 1, 7) for _ in range(PATIENCE + 1))


def test_at_work_or_with_nothing_to_do() -> None:
    watch = Watch(2)
    assert not any(watch.stuck(5, 2, 7) for _ in range(50))
    assert not any(watch.stuck(0, 0, 7) for _ in range(50))
    assert not any(watch.stuck(5, 0, taken) for taken in range(50))
