"""What classification sees of an item."""

import json

from builders import make_item
from pmsync.app.roles import subject_of
from pmsync.model import Catalog, TextFormat


def test_a_document_in_atlassians_format_is_seen_in_words() -> None:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "Shoppers want to pay later"}]}
    document = json.dumps({"type": "doc", "version": 1, "content": [paragraph]})
    item = make_item("1", description=document, description_format=TextFormat.ADF)
    assert subject_of(item, Catalog()).description.strip() == "Shoppers want to pay later"
