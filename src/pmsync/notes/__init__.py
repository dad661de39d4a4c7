"""Meeting notes that round-trip: people edit the file, the next run keeps their words. Pure."""

from pmsync.notes.actions import Action, ActionState, parse_action, write_action
from pmsync.notes.document import Document, Section, parse_document, seal_agenda, sealed
from pmsync.notes.merge import carried_actions, refresh

__all__ = [
    "Action",
    "ActionState",
    "Document",
    "Section",
    "carried_actions",
    "parse_action",
    "parse_document",
    "refresh",
    "seal_agenda",
    "sealed",
    "write_action",
]
