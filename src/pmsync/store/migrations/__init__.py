"""Alembic's folder. A migration is a file in `versions`, numbered; the newest number stands in `tables.HEAD`."""
