"""Where the API process starts: gunicorn imports `app` from here, after its fork. Reads the settings and no more."""

from __future__ import annotations

import atexit

from flask import Flask

from captioning import threads
from catalogue import logs, metrics
from catalogue.settings import Settings


def _start() -> Flask:
    logs.configure("api")
    # Many requests at a time, one core each. Before FAISS is imported, which reads OpenMP's settings only once.
    threads.configure(1)
    settings = Settings.from_env()
    metrics.share(settings.metrics_folder, "api")
    from service.app import close, create_app

    started = create_app(settings)
    atexit.register(close, started)
    return started


app = _start()
