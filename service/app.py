"""The Flask app: what is registered, in which order. Owns no route."""

from __future__ import annotations

from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from catalogue.settings import Settings
from service import (
    answers,
    batches,
    bodies,
    captions,
    exchange,
    fields,
    guards,
    health,
    incoming,
    inputs,
    items,
    keys,
    photos,
    problems,
    scopes,
    scrape,
    search,
    similar,
    stats,
    uploads,
)
from service.contract import TITLE, VERSION
from service.pages import contract, dressing
from service.services import EXTENSION, Services, open_services
from service.warming import EXTENSION as WARMING
from service.warming import Warming


def create_app(settings: Settings) -> OpenAPI:
    """The app with its services, warming up. Call it in the process that serves, after any fork.

    Raises:
        SettingsInvalid: it is to listen on an address that others could reach.
    """
    guards.check_address(settings)
    app = routes()
    services = open_services(settings)
    app.extensions[EXTENSION] = services
    warming = Warming(services)
    app.extensions[WARMING] = warming
    warming.start()
    return app


def routes() -> OpenAPI:
    """The app's routes with nothing behind them: enough for its contract."""
    app = OpenAPI(
        "service",
        info=Info(title=TITLE, version=VERSION),
        doc_ui=False,  # its own sits at another address
        static_folder=None,
        validation_error_callback=inputs.refuse,
        validation_error_model=answers.Problem,
    )
    app.url_map.merge_slashes = False  # it answers `//v1` by a redirect with an HTML body
    _register(app)
    return app


def close(app: OpenAPI) -> None:
    """End what `create_app` opened."""
    warming: Warming = app.extensions[WARMING]
    services: Services = app.extensions[EXTENSION]
    warming.stop()
    services.close()


def _register(app: OpenAPI) -> None:
    exchange.register(app)
    guards.register(app)
    incoming.register(app)
    bodies.register(app)
    problems.register(app)
    for api in (
        items.api,
        batches.api,
        fields.api,
        uploads.api,
        photos.api,
        captions.api,
        search.api,
        similar.api,
        keys.api,
        health.api,
        stats.api,
        scrape.api,
    ):
        app.register_api(api)
    app.register_blueprint(contract.pages)
    dressing.register(app)
    scopes.check(app)
