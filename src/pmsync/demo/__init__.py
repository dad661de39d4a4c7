"""A small Jira and a small Trello on loopback: the first run without accounts, and the other side of the tests."""
