"""The Flask app: what is registered, in which order. Owns no route but the contract's own document."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from catalogue.settings import Settings
from service import (
    answers,
    captions,
    exchange,
    guards,
    health,
    incoming,
    inputs,
    items,
    photos,
    problems,
    search,
    similar,
    uploads,
)
from service.pages import dressing
from service.services import EXTENSION, Services, open_services
from service.warming import Warming

WARMING = "vitrine.warming"
TITLE = "Vitrine"
VERSION = "0.1.0"
DESCRIPTION = "Makes a shop's product photos findable: captions, text search over pictures, look-alikes."


def create_app(settings: Settings) -> OpenAPI:
    """The app with its services, warming up. Call it in the process that serves, after any fork.

    Raises:
        SettingsInvalid: it is to listen on an address that others could reach.
    """
    guards.check_address(settings)
    app = OpenAPI(
        "service",
        info=Info(title=TITLE, version=VERSION, description=DESCRIPTION),
        doc_ui=False,  # its own sits at another address
        static_folder=None,
        security_schemes={},
        validation_error_callback=inputs.refuse,
        validation_error_model=answers.Problem,
    )
    app.url_map.merge_slashes = False  # it answers `//v1` by a redirect with an HTML body
    services = open_services(settings)
    app.extensions[EXTENSION] = services
    warming = Warming(services)
    app.extensions[WARMING] = warming
    _register(app, warming)
    warming.start()
    return app


def close(app: OpenAPI) -> None:
    """End what `create_app` opened."""
    warming: Warming = app.extensions[WARMING]
    services: Services = app.extensions[EXTENSION]
    warming.stop()
    services.close()


def _register(app: OpenAPI, warming: Warming) -> None:
    exchange.register(app)
    guards.register(app)
    incoming.register(app)
    problems.register(app)
    for api in (items.api, uploads.api, photos.api, captions.api, search.api, similar.api, health.blueprint(warming)):
        app.register_api(api)
    dressing.register(app)

    @app.route("/openapi.json")
    def openapi() -> Response:
        return jsonify(app.api_doc)
