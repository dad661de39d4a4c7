"""New records in the shapes Trello sends: pure functions from an id and a few facts to JSON objects."""

import re
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

Json = dict[str, Any]

VALUE_NAMES = {"number": "number", "text": "text", "date": "date", "checkbox": "checked"}


def iso(at: datetime) -> str:
    """An instant the way Trello writes it: UTC, milliseconds, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def created(id: str) -> datetime:
    """The instant of creation (whole seconds) that the first eight digits of an id hold."""
    return datetime.fromtimestamp(int(id[:8], 16), UTC)


def short_link(id: str) -> str:
    """The eight letters that stand for a board or card in addresses."""
    return b64encode(blake2b(id.encode(), digest_size=6).digest(), b"xY").decode()


def slug(name: str) -> str:
    """The readable end of an address."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def initials(name: str) -> str:
    """The first letters of a name."""
    return "".join(word[0] for word in name.split()).upper()


def ref(record: Json) -> Json:
    """How actions mention a board or card: as it was called at that moment."""
    return {name: record[name] for name in ("id", "name", "idShort", "shortLink") if name in record}


def new_member(id: str, name: str, handle: str, account: str | None) -> Json:
    """Somebody; `account` is the Atlassian account id, the same as in Jira."""
    return {
        "id": id, "username": handle, "fullName": name, "initials": initials(name), "avatarHash": None,
        "avatarUrl": None, "memberType": "normal", "confirmed": True, "activityBlocked": False,
        "nonPublic": None, "nonPublicAvailable": True, "idMemberReferrer": None, "status": "disconnected",
        "url": f"https://trello.com/{handle}", "aaId": account, "bio": "", "products": [],
    }  # fmt: skip


def new_organization(id: str) -> Json:
    """The workspace."""
    return {
        "id": id, "name": "webshop", "displayName": "Web shop", "desc": "", "url": "https://trello.com/w/webshop",
        "website": None, "idBoards": [],
    }  # fmt: skip


def new_board(id: str, name: str, organization: str, creator: str, at: str) -> Json:
    """A board without lists."""
    link = short_link(id)
    return {
        "id": id, "name": name, "desc": "", "descData": None, "closed": False, "dateClosed": None,
        "idOrganization": organization, "idEnterprise": None, "idMemberCreator": creator, "idBoardSource": None,
        "pinned": False, "starred": False, "subscribed": False, "shortLink": link,
        "url": f"https://trello.com/b/{link}/{slug(name)}", "shortUrl": f"https://trello.com/b/{link}",
        "dateLastActivity": at, "dateLastView": at, "datePluginDisable": None, "creationMethod": None,
        "ixUpdate": "1", "enterpriseOwned": False, "templateGallery": None, "type": None, "premiumFeatures": [],
        "powerUps": [], "idTags": [], "labelNames": {}, "limits": {},
        "prefs": {"permissionLevel": "org", "voting": "disabled", "comments": "members", "invitations": "members",
                  "selfJoin": True, "cardCovers": True, "background": "blue"},
    }  # fmt: skip


def new_list(id: str, name: str, board: str, pos: int) -> Json:
    """A list at the right end of a board."""
    return {
        "id": id, "name": name, "closed": False, "color": None, "idBoard": board, "pos": pos, "subscribed": False,
        "softLimit": None, "type": None, "datasource": {"filter": False}, "creationMethod": None, "limits": {},
    }  # fmt: skip


def new_field(id: str, name: str, board: str, kind: str, pos: int) -> Json:
    """A custom field: `text`, `number`, `date`, `checkbox` or `list` (whose options are added afterwards)."""
    return {
        "id": id, "idModel": board, "modelType": "board", "fieldGroup": blake2b(id.encode()).hexdigest()[:64],
        "name": name, "pos": pos, "display": {"cardFront": True}, "type": kind, "isSuggestedField": False,
    }  # fmt: skip


def new_option(id: str, field: str, text: str) -> Json:
    """A choice of a custom field of the kind `list`."""
    return {"id": id, "idCustomField": field, "value": {"text": text}, "color": "none", "pos": 16384}


def field_value(field: Json, value: str | None) -> Json:
    """A custom field's value as an item holds it: an option's id for lists, else a string under its type's name."""
    if field["type"] == "list":
        options = {option["value"]["text"]: option["id"] for option in field["options"]}
        return {"idValue": options[value] if value is not None else None, "value": None}
    return {"value": None if value is None else {VALUE_NAMES[field["type"]]: value}, "idValue": None}


def new_card(id: str, name: str, place: Json, number: int, at: str) -> Json:
    """A card in the list `place`; its labels' names, badges and address are made on reading."""
    link = short_link(id)
    return {
        "id": id, "idShort": number, "shortLink": link, "shortUrl": f"https://trello.com/c/{link}", "name": name,
        "desc": "", "descData": {"emoji": {}}, "closed": False, "dateClosed": None, "idBoard": place["idBoard"],
        "idList": place["id"], "idMembers": [], "idMembersVoted": [], "idLabels": [], "idChecklists": [],
        "idAttachmentCover": None, "manualCoverAttachment": False, "due": None, "dueComplete": False,
        "dateCompleted": None, "dueReminder": None, "start": None, "dateLastActivity": at, "pos": number * 16384.0,
        "subscribed": False, "isTemplate": False, "cardRole": None,
        "email": f"demo+{link.lower()}@boards.trello.com", "mirrorSourceId": None, "limits": {}, "pinned": False,
        "cover": {"idAttachment": None, "color": None, "idUploadedBackground": None, "size": "normal",
                  "brightness": "dark", "idPlugin": None},
    }  # fmt: skip


def new_check_item(id: str, name: str, checklist: str, pos: int) -> Json:
    """An open line of a checklist."""
    return {
        "id": id, "idChecklist": checklist, "name": name, "nameData": None, "pos": pos, "state": "incomplete",
        "due": None, "dueReminder": None, "idMember": None,
    }  # fmt: skip


def new_attachment(id: str, name: str, url: str, member: str, at: str) -> Json:
    """A link hung on a card."""
    return {
        "id": id, "name": name, "fileName": None, "url": url, "bytes": None, "date": at, "idMember": member,
        "isUpload": False, "mimeType": "", "edgeColor": None, "pos": 16384, "previews": [], "isMalicious": False,
    }  # fmt: skip
