"""A small Jira, Cloud or Data Center, with a believable team's work in it. `JiraSite` is all there is to know."""

from pmsync.demo.jira.site import JiraSite

__all__ = ["JiraSite"]
