"""Meeting notes that round-trip: people edit the file, the next run keeps their words. Pure."""

from pmsync.notes.actions import Action, ActionState, parse_action, write_action
from pmsync.notes.document import Document, Section, parse_document, sealed, with_sealed
from pmsync.notes.merge import AGENDA, carried_actions, refresh

__all__ = [
    "AGENDA",
    "Action",
    "ActionState",
    "Document",
    "Section",
    "carried_actions",
    "parse_action",
    "parse_document",
    "refresh",
    "sealed",
    "with_sealed",
    "write_action",
]
