"""What every page has whatever its route: safe headers, and problems as pages. Owns no route and no error's wording."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, render_template, request

from service.answers import Problem
from service.pages.views import pages

# A photo that was sent comes back inside its page (data:); everything else is a file of this service.
POLICY = (
    "default-src 'none'; img-src 'self' data:; script-src 'self'; style-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PROBLEM = "application/problem+json"


def register(app: Flask) -> None:
    """Serve the pages."""
    app.register_blueprint(pages)
    app.after_request(_dress)


def _dress(response: Response) -> Response:
    if response.mimetype == PROBLEM and _wants_page():
        problem = Problem.model_validate_json(response.get_data())
        page = "pages/closed.html" if problem.status == HTTPStatus.UNAUTHORIZED else "pages/problem.html"
        response.set_data(render_template(page, problem=problem, q=request.args.get("q", "").strip()))
        response.content_type = "text/html; charset=utf-8"
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = POLICY
        # Not `no-referrer`: forms would then be sent with `Origin: null`, which is refused as a stranger's.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def _wants_page() -> bool:
    """A browser that is shown an address; the API never answers with a page."""
    if f"{request.path}/".startswith("/v1/"):
        return False
    return request.accept_mimetypes.best_match([PROBLEM, "application/json", "text/html"]) == "text/html"
