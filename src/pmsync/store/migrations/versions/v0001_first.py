"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from pmsync.store.columns import UtcDateTime, words

revision = "0001"
down_revision = None

TEXT, TIME, WHOLE = words(), UtcDateTime(), sa.BigInteger()


def _key(names: str, kind: Any = TEXT) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, primary_key=True, nullable=False) for name in names.split()]


def _filled(kind: Any, names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names.split()]


def _maybe(kind: Any, names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=True) for name in names.split()]


def upgrade() -> None:
    """Make the tables of pmsync 0.1."""
    _from_trackers()
    _our_own()


def _from_trackers() -> None:
    op.create_table(
        "items",
        *_key("source id"),
        *_filled(TEXT, "key key_order fingerprint url type type_name title presence description_format"),
        *_maybe(TEXT, "stage_id project_id resolution priority reporter_id rank security"),
        *_filled(TIME, "created updated"),
        *_maybe(TIME, "done_at due_at history_complete_from presence_since"),
        *_maybe(sa.Date(), "due start"),
        *_maybe(sa.Double(), "points"),
        *_maybe(WHOLE, "estimate_seconds spent_seconds remaining_seconds"),
        *_filled(sa.Boolean(), "flagged archived"),
        *_maybe(TEXT, "parent"),
        *_filled(TEXT, "aliases labels components assignee_ids sprint_ids version_ids board_ids"),
        *_filled(TEXT, "checklist links comments worklogs attachments custom_fields description"),
    )
    op.create_index("items_by_key", "items", ["source", "key_order", "id"])
    op.create_index("items_by_update", "items", ["source", "presence", "updated", "id"])
    op.create_table(
        "changes",
        *_key("source id"),
        *_filled(TEXT, "item_id field"),
        *_filled(TIME, "at"),
        *_maybe(TEXT, "before before_id after after_id by_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("changes_by_item", "changes", ["source", "item_id", "at", "id"])
    op.create_table("raw", *_key("source kind id"), *_filled(sa.LargeBinary(), "packed"), *_filled(TEXT, "note"))
    op.create_table("catalog", *_key("source kind id"), *_filled(TEXT, "body"))
    op.create_table("checkpoints", *_key("source"), *_filled(TEXT, "body"))


def _our_own() -> None:
    op.create_table("runs", *_key("id", sa.Integer()), *_filled(TIME, "at"))
    op.create_table(
        "source_runs",
        sa.Column("run_id", sa.Integer(), primary_key=True, autoincrement=False),
        *_key("source"),
        *_filled(TEXT, "result problems"),
        *_filled(TIME, "started"),
        *_maybe(TIME, "watermark"),
        *_filled(sa.Double(), "seconds"),
        *_filled(WHOLE, "requests fetched created updated unchanged gone stored exit_code"),
        *_maybe(WHOLE, "expected"),
    )
    op.create_table("overrides", *_key("source item_id"), *_filled(TEXT, "role by at why"), *_maybe(TEXT, "duty"))
    op.create_table("classifications", *_key("scheme_digest source item_id"), *_filled(TEXT, "scheme digest body"))
    op.create_table(
        "reports",
        *_key("id", sa.Integer()),
        *_filled(TEXT, "name scope markdown"),
        *_filled(sa.LargeBinary(), "facts"),
        *_filled(TIME, "as_of"),
        sa.UniqueConstraint("name", "scope", "as_of", name="reports_by_name"),
    )
