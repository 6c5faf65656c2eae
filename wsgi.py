"""The WSGI application, for a production server."""

from fieldapp import create_app

app = create_app()
