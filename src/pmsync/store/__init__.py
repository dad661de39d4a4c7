"""The only room that knows SQL: tables, migrations, writes, queries."""
