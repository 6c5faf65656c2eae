"""What an OData request can have wrong."""

from typing import Any

from fieldapp.web.problems import Problem
from fieldapp.web.text import Text


class ODataProblem(Problem):
    """A failure that also has the member `error` in which OData clients look."""

    def __init__(self, detail: Text, **members: Any) -> None:
        error = {"code": self.slug, "message": detail.en}
        super().__init__(detail, error=error, **members)


class BadODataQuery(ODataProblem):
    """A query option of OData cannot be read."""

    status = 400
    slug = "bad-odata-query"
    title = Text("Permintaan OData tidak terbaca", "The OData query cannot be read")


class ODataNotSupported(ODataProblem):
    """OData has it, and this feed has not."""

    status = 501
    slug = "odata-not-supported"
    title = Text("Belum didukung di OData ini", "Not supported in this OData feed")
