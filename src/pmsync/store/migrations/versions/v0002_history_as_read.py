"""History lies in the order it is read: one tree by item and time instead of a table by id and an index."""

import sqlalchemy as sa
from alembic import op

from pmsync.store.columns import UtcDateTime, words

revision = "0002"
down_revision = "0001"

COLUMNS = "id item_id field at before before_id after after_id by_id source"
OPTIONAL = {"before", "before_id", "after", "after_id", "by_id"}


def upgrade() -> None:
    """Copy the changes into a table with the new key."""
    op.create_table(
        "changes_as_read",
        *(
            sa.Column(name, UtcDateTime() if name == "at" else words(), nullable=name in OPTIONAL)
            for name in COLUMNS.split()
        ),
        sa.PrimaryKeyConstraint("source", "item_id", "at", "id"),
        sqlite_with_rowid=False,
    )
    listed = ", ".join(f'"{name}"' for name in COLUMNS.split())
    op.execute(f"INSERT INTO changes_as_read ({listed}) SELECT {listed} FROM changes")  # noqa: S608 - names of ours
    op.drop_table("changes")
    op.rename_table("changes_as_read", "changes")
