"""What can stand in the way of looking into a flag."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class FlagDismissed(Problem):
    """Somebody has looked into the flag already."""

    status = 409
    slug = "flag-dismissed"
    title = Text("Tanda ini sudah diperiksa", "The flag was looked into already")
