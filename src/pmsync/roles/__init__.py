"""Product owner or PM, for every item, with the reason. Pure."""
