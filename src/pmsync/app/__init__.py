"""The use cases. No click, no print."""
