"""Pace: how fast one set of credentials may ask, shared by all threads that use it."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """At most `requests` in any `seconds` (Trello: 100 in 10 s for a token)."""

    requests: int
    seconds: float


class Pace:
    """Holds requests back so that a tracker need not.

    Three brakes: how many requests are under way at once (halved when the tracker says 429, one less when it warns, one
    more after as many good answers as are allowed at once, never more than `connections`); fixed `windows`; and a pause
    that a Retry-After imposes on everybody. `clock` (monotonic seconds) and `sleep` are parameters so that tests
    neither wait nor guess; the usual `sleep` ends early when `stop` is called.
    """

    def __init__(
        self,
        connections: int = 8,
        windows: Sequence[Window] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._most = max(1, connections)
        self._allowed = float(self._most)
        self._busy = 0
        self._resume_at = clock()
        self._sent = [(window.seconds, deque[float](maxlen=window.requests)) for window in windows]
        self._free = threading.Condition()
        self._clock = clock
        self._stopped = threading.Event()
        self.sleep = sleep or self._stopped.wait

    @property
    def allowed(self) -> int:
        """How many requests may be under way now."""
        return int(self._allowed)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until a request may be sent; it is under way until the block ends."""
        with self._free:
            self._free.wait_for(lambda: self._busy < self.allowed)
            self._busy += 1
        try:
            self._hold()
            yield
        finally:
            with self._free:
                self._busy -= 1
                self._free.notify_all()

    def reserve(self, requests: int) -> None:
        """Count requests toward the windows that travel inside another one: the parts of a batch."""
        for _ in range(requests):
            self._reserve()

    @property
    def stopped(self) -> bool:
        """Whether nobody wants answers any more: waits are over at once, and nothing should be tried again."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """End all waits."""
        self._stopped.set()

    def start(self) -> None:
        """Wait again, after `stop`."""
        self._stopped.clear()

    def pause(self, seconds: float) -> None:
        """Nobody sends for this long."""
        with self._free:
            self._resume_at = max(self._resume_at, self._clock() + seconds)

    def refused(self) -> None:
        """The tracker said 429: halve what is under way at once."""
        self._allow(self._allowed / 2)

    def warned(self) -> None:
        """The tracker says the limit is near: one request less at once."""
        self._allow(self._allowed - 1)

    def answered(self) -> None:
        """A good answer: grow slowly."""
        self._allow(self._allowed + 1 / self._allowed)

    def _allow(self, allowed: float) -> None:
        with self._free:
            self._allowed = min(float(self._most), max(1.0, allowed))
            self._free.notify_all()

    def _hold(self) -> None:
        """Sleep until windows and pauses let this request go; a pause may come while sleeping."""
        start = self._reserve()
        while (wait := max(start, self._resume_at) - self._clock()) > 0 and not self.stopped:
            self.sleep(wait)

    def _reserve(self) -> float:
        """Take the first free place in every window, so that no two threads take the same."""
        with self._free:
            start = self._clock()
            for seconds, sent in self._sent:
                if len(sent) == sent.maxlen:
                    start = max(start, sent[0] + seconds)
            for _, sent in self._sent:
                sent.append(start)
            return start
