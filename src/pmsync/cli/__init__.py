"""One file per command family: options in, use case called, result shown."""
