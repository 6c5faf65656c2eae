"""What can go wrong with a form."""

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class FormRefused(Problem):
    """The form file does not compile, or breaks a rule of publishing."""

    status = 422
    slug = "form-refused"
    title = Text("Formulir ditolak", "The form is refused")
