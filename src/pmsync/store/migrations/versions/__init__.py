"""The migrations, oldest first. Frozen once released."""
