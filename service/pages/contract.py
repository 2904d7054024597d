"""The contract for people and programs: the OpenAPI document, `/docs`, a page for each type of problem. Owns routes."""

from __future__ import annotations

import json
from typing import cast

from flask import Blueprint, Response, current_app, render_template, request
from flask_openapi3.openapi import OpenAPI
from markdown_it import MarkdownIt
from markupsafe import Markup

from catalogue.errors import NotFound
from service.contract import Document, document
from service.explained import explained
from service.pages.operations import groups, models
from service.services import services

pages = Blueprint("contract", __name__, template_folder="templates")

_MARKDOWN = MarkdownIt("commonmark", {"html": False})


@pages.get("/openapi.json")
def openapi() -> Response:
    return Response(json.dumps(_document("/"), ensure_ascii=False), content_type="application/json")


@pages.get("/docs")
def docs() -> str:
    """All calls, with an example of each."""
    made = _document(request.host_url)
    return render_template(
        "pages/docs.html", info=made["info"], groups=groups(made), models=models(made), problems=explained()
    )


@pages.get("/problems")
def problems() -> str:
    return render_template("pages/problems.html", problems=sorted(explained().values(), key=lambda page: page.status))


@pages.get("/problems/<code>")
def problem(code: str) -> str:
    """What `type` of a problem leads to."""
    page = explained().get(code)
    if page is None:
        raise NotFound(f"There is no type of problem {code!r}. /problems lists them all.")
    return render_template("pages/explained.html", page=page)


@pages.app_template_filter("markdown")
def markdown(text: str) -> Markup:
    """Our own texts as HTML; HTML in them is shown, not obeyed."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - the renderer escapes what it is given


@pages.app_template_filter("markdown_line")
def markdown_line(text: str) -> Markup:
    return Markup(_MARKDOWN.renderInline(text))  # noqa: S704 - the renderer escapes what it is given


def _document(otherwise: str) -> Document:
    """Relative to the address that the service is known by, if it was told one."""
    return document(cast(OpenAPI, current_app), services().settings.public_url or otherwise)
