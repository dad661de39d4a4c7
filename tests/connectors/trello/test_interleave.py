from collections.abc import Iterator
from queue import Queue
from threading import Event

from pmsync.connectors.trello.pull import interleave


def test_a_stream_left_half_read_may_be_closed_by_one_of_its_own_threads() -> None:
    left, closed = Event(), Queue[Exception | None]()

    def job() -> Iterator[int]:
        yield 1
        left.wait(5)
        try:
            stream.close()
        except Exception as error:
            closed.put(error)
        closed.put(None)

    stream = interleave([job], 1)
    assert next(stream) == 1
    left.set()
    assert closed.get(timeout=5) is None
