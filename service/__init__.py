"""The doors: HTTP API, pages, command line. Calls every room below; owns no row and no vector."""
