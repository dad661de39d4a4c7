"""The connector for exported files: whole boards and single cards, of any year since 2014."""

import re

PAGE = 500  # cards or actions in one transaction
HEAVY = ("actions", "cards", "checklists", "pluginData")
# Hand-edited and anonymised exports hold backslashes that escape nothing.
_STRAY = re.compile(rb'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|)')
