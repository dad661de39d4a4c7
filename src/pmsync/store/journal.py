"""What pmsync itself keeps: runs, corrections, roles and reports. None of it comes from a tracker."""

import zlib
from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import and_, delete, func, select

from pmsync.model import Classification, Override, SourceRun
from pmsync.store.columns import to_json
from pmsync.store.database import Database
from pmsync.store.query import ItemId, SavedReport
from pmsync.store.tables import OVERRIDES, SOURCE_RUNS, classifications, overrides, reports, runs, source_runs


class Journal(Database):
    """The part of a store that no tracker can give back."""

    def begin_run(self, at: datetime) -> int:
        """Note that a run began; its number names it in `save_run`."""
        with self._write() as connection:
            return self._insert(connection, runs, {"at": at})

    def save_run(self, run_id: int, result: SourceRun) -> None:
        """Keep what a run did with one source; a later word on the same source replaces it."""
        with self._write() as connection:
            self._put_rows(connection, source_runs, [SOURCE_RUNS.pack(result, run_id)])

    def last_runs(self) -> dict[str, SourceRun]:
        """The latest run of every source, however it ended."""
        latest = select(source_runs.c.source, func.max(source_runs.c.run_id).label("id")).group_by("source").subquery()
        same = and_(source_runs.c.source == latest.c.source, source_runs.c.run_id == latest.c.id)
        query = select(*SOURCE_RUNS.columns).join(latest, same).order_by(source_runs.c.source)
        with self._read() as connection:
            return {row.source: SOURCE_RUNS.unpack(row) for row in connection.execute(query)}

    def watermarks(self) -> dict[str, datetime]:
        """Per source the instant up to which everything is stored, from any run that got there."""
        newest = func.max(source_runs.c.watermark).label("newest")
        query = select(source_runs.c.source, newest).group_by(source_runs.c.source).having(newest.is_not(None))
        with self._read() as connection:
            return {row.source: row.newest for row in connection.execute(query)}

    def set_override(self, override: Override) -> None:
        """Keep a person's correction of a role, in place of an earlier one for the same item."""
        with self._write() as connection:
            self._put_rows(connection, overrides, [OVERRIDES.pack(override)])

    def remove_override(self, source: str, item_id: str) -> bool:
        """Drop a correction; False when there was none."""
        this = and_(overrides.c.source == source, overrides.c.item_id == item_id)
        with self._write() as connection:
            return connection.execute(delete(overrides).where(this)).rowcount > 0

    def overrides(self) -> dict[ItemId, Override]:
        """All corrections."""
        with self._read() as connection:
            found = map(OVERRIDES.unpack, connection.execute(select(*OVERRIDES.columns)))
            return {(override.source, override.item_id): override for override in found}

    def save_classifications(self, scheme_digest: str, answers: Mapping[ItemId, tuple[str, Classification]]) -> None:
        """Keep answers with the digest of the text they were given for; those of the scheme's older wording go."""
        rows = [
            (scheme_digest, source, item_id, answer.scheme, digest, to_json(answer))
            for (source, item_id), (digest, answer) in answers.items()
        ]
        if not rows:
            return
        outdated = and_(
            classifications.c.scheme.in_({answer.scheme for _, answer in answers.values()}),
            classifications.c.scheme_digest != scheme_digest,
        )
        with self._write() as connection:
            connection.execute(delete(classifications).where(outdated))
            self._put_rows(connection, classifications, rows)

    def classifications(self, scheme_digest: str) -> dict[ItemId, tuple[str, Classification]]:
        """The answers given under exactly this scheme, with the digest of the text each was given for."""
        decode = msgspec.json.Decoder(Classification).decode
        query = select(classifications).where(classifications.c.scheme_digest == scheme_digest)
        with self._read() as connection:
            rows = connection.execute(query)
            return {(row.source, row.item_id): (row.digest, decode(row.body)) for row in rows}

    def save_report(self, name: str, as_of: datetime, scope: str, facts_json: str, markdown: str) -> int:
        """Keep a report with its facts, in place of one with the same name, scope and instant. Returns its number."""
        same = and_(reports.c.name == name, reports.c.scope == scope, reports.c.as_of == as_of)
        packed = zlib.compress(facts_json.encode())
        row = {"name": name, "scope": scope, "as_of": as_of, "facts": packed, "markdown": markdown}
        with self._write() as connection:
            connection.execute(delete(reports).where(same))
            return self._insert(connection, reports, row)

    def last_report(self, name: str, scope: str, before: datetime | None = None) -> SavedReport | None:
        """The newest report of this name and scope, as of an instant before `before` if that is given."""
        query = select(reports).where(reports.c.name == name, reports.c.scope == scope)
        if before is not None:
            query = query.where(reports.c.as_of < before)
        with self._read() as connection:
            row = connection.execute(query.order_by(reports.c.as_of.desc()).limit(1)).first()
        return SavedReport(**{**row._mapping, "facts": zlib.decompress(row.facts).decode()}) if row else None
