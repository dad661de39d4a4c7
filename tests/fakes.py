"""A store in memory, for tests of everything that fills one."""

from pmsync.connectors.testing import NOW, MemoryStore

FakeStore = MemoryStore

__all__ = ["NOW", "FakeStore"]
