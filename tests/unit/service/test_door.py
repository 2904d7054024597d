"""Which connections the server's worker waits for. How it treats real clients, test_slow_clients.py shows."""

from __future__ import annotations

import selectors
import socket
from collections import deque
from contextlib import closing

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from service.door import LAST_HEAD_S, DoorWorker


@pytest.mark.parametrize(("alive", "closed"), [(True, False), (False, True)])
def test_only_a_process_that_stops_is_in_a_hurry_with_who_has_not_asked(*, alive: bool, closed: bool) -> None:
    worker = DoorWorker.__new__(DoorWorker)  # what its loop has, without a server around it
    worker.alive, worker.nr_conns, worker.pending_conns = alive, 1, deque()
    ours, theirs = socket.socketpair()
    with closing(theirs), closing(selectors.DefaultSelector()) as worker.poller:
        conn = TConn(Config(), ours, ("127.0.0.1", 1), ("127.0.0.1", 2))
        worker.enqueue_req(conn)
        worker.murder_pending()
        assert worker.nr_conns == 1
        conn.timeout -= LAST_HEAD_S
        worker.murder_pending()
        assert worker.nr_conns == (0 if closed else 1)
        conn.close()
