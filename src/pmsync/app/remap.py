"""Remap: rebuild the model from the raw records in the store, with today's mapping and without the network."""

from pmsync.app.plan import plan
from pmsync.app.reading import pages
from pmsync.app.workspace import Workspace
from pmsync.store import lock

PAGE = 500


def remap(workspace: Workspace) -> dict[str, int]:
    """Map every stored raw record again; returns how many items of each source were mapped.

    What is gone, archived or overridden stays so; checkpoints stay, since nothing was fetched.
    """
    with lock(workspace.address):
        return {source: remap_source(workspace, source) for source in workspace.sources()}


def remap_source(workspace: Workspace, source: str) -> int:
    """The same for one source; the caller holds the lock."""
    store, connector, count = workspace.store, workspace.connect(source), 0
    with store.rebuild(source) as write:
        for raws in pages(store.raw(source, connector.catalog_kinds), PAGE):
            batch = connector.model(raws)
            write(plan(batch, {}, at=workspace.now))
            count += len(batch.records)
    return count
