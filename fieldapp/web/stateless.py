"""No cookies: who is asking stands in the request itself."""

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin


class NoSession(SessionInterface):
    """Flask's session, left out: it would cost every request a signer for nothing."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        """Give none; whoever would write into one is told so by Flask."""
        del app, request
        return None

    def save_session(
        self, app: Flask, session: SessionMixin, response: Response
    ) -> None:
        """Set no cookie."""
        del app, session, response
