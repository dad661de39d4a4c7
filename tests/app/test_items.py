"""Items: what lists and `show` tell of them."""

from scripted import play

from builders import make_item
from pmsync.app.items import Filters, find_item, list_items
from pmsync.app.report import Request, make_report
from pmsync.app.sync import sync
from pmsync.app.workspace import Workspace
from pmsync.model import ItemRef, Link


def test_parents_and_links_have_the_keys_they_have_now(workspace: Workspace) -> None:
    before = ItemRef(key="OLD-1", id="1")
    child = make_item("2", parent=before, links=(Link(type="relates", direction="out", target=before),))
    play(shop=[[make_item("1", key="NEW-1"), child]], desk=[])
    sync(workspace)
    views = [item for item in list_items(workspace, Filters()) if item.id == "2"]
    for view in (*views, find_item(workspace, child.key).view):
        assert (view.parent, [link.key for link in view.links]) == ("NEW-1", ["NEW-1"])


def test_a_report_on_one_role_knows_the_keys_of_other_items(workspace: Workspace) -> None:
    child = make_item("2", title="Write the user story", parent=ItemRef(key="OLD-1", id="1"))
    play(shop=[[make_item("1", key="NEW-1", title="Plan the budget"), child]], desk=[])
    sync(workspace)
    assert "OLD-1" not in make_report(workspace, Request(name="status", role="po")).text("json")
