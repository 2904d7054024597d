"""`vitrine openapi`: the contract as a document. Needs no service, no database and no model."""

from __future__ import annotations

import click


@click.command()
def openapi() -> None:
    """Print the API's OpenAPI 3.1 document, as JSON."""
    from catalogue.settings import Settings
    from service.app import routes
    from service.cli.output import as_json
    from service.contract import document

    settings = Settings.from_env()
    as_json(document(routes(), settings.public_url or settings.url))
