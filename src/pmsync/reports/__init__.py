"""Facts a template may use, and the way from a template to every format."""
