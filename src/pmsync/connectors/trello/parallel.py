"""Several readers at once, one stream of what they read."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
Job = Callable[[], Iterable[T]]
GRACE = 0.25  # seconds a thread is given to notice that nobody listens any more


class _End:
    """A job is over."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def interleave(jobs: Iterable[Job[T]], workers: int) -> Iterator[T]:
    """What the jobs yield, as it comes. A job is taken from `jobs`, in this thread, when one of `workers` is free.

    The first exception of a job ends the stream. Jobs wait while nobody takes what they have.
    """
    made: Queue[T | _End] = Queue(maxsize=workers)
    stop = Event()
    waiting, threads, running = iter(jobs), list[Thread](), 0
    try:
        while True:
            for job in islice(waiting, workers - running):
                threads.append(Thread(target=_run, args=(job, made, stop), daemon=True))
                threads[-1].start()
                running += 1
            if not running:
                return
            result = made.get()
            if not isinstance(result, _End):
                yield result
            elif result.error:
                raise result.error
            else:
                running -= 1
    finally:
        stop.set()
        for thread in threads:
            thread.join(GRACE)


def _run(job: Job[T], made: "Queue[T | _End]", stop: Event) -> None:
    error: BaseException | None = None
    try:
        for result in job():
            if not _put(made, result, stop):
                return
    except BaseException as caught:
        error = caught
    _put(made, _End(error), stop)


def _put(made: "Queue[T | _End]", result: T | _End, stop: Event) -> bool:
    """Hand over; False when nobody listens any more."""
    while not stop.is_set():
        try:
            made.put(result, timeout=GRACE)
        except Full:
            continue
        return True
    return False
