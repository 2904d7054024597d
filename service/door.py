"""The HTTP server's worker: which connection gets a thread, and how long it may keep it. Knows no route.

gunicorn's threaded worker gives each connection a thread that waits for whatever the client sends, for ever. Forty
clients that stall would be forty threads. Here the main loop waits instead, until the head of a request is there; a
body must come at a rate that a bad line still reaches; and the main loop sees a refused client off, not a thread.

It leans on the inside of gunicorn's gthread worker: its version is pinned, and tests/integration/test_slow_clients.py
notices when that inside has changed.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, Final

from gunicorn.workers.gthread import TConn, ThreadWorker

THREADS: Final = 32  # of each process; most of them wait: for SQL, for the decoding children, for a body
BODIES_AT_ONCE: Final = 24  # requests whose bodies are read or decoded; the other threads answer searches and probes
HEAD_S: Final = 10.0
LAST_HEAD_S: Final = 1.0  # of a process that stops
HEAD_BYTES: Final = 32 * 2**10
BODY_S: Final = 15.0  # without a byte, or behind the lowest rate
LOWEST_RATE: Final = 8 * 2**10  # bytes a second
ANSWER_S: Final = 60.0  # for a client to take a piece of its answer
# Rest of a refused request that is read and thrown away: a client that still sends would see a reset, not the answer.
REST_BYTES: Final = 64 * 2**20
REST_S: Final = 10.0
REST_PAUSE_S: Final = 1.0

_REFUSED: Final = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class PatientSocket(socket.socket):
    """A client's socket whose reads end in TimeoutError once the client is too slow.

    A bucket of seconds runs out with time, and what arrives fills it again, at the lowest rate that is allowed.
    """

    _until = 0.0
    _rest_bytes = REST_BYTES
    request: Any = None  # gunicorn's, while one is served

    def expect_body(self) -> None:
        """A request's head was read: from now on its body is waited for, with all patience there is."""
        self._until = time.monotonic() + BODY_S

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - socket's own signature
        self.settimeout(ANSWER_S if flag else 0)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        patience_s = self._until - time.monotonic()
        self.settimeout(max(patience_s, 0))
        try:
            chunk = super().recv(bufsize, flags)
        except BlockingIOError:
            raise TimeoutError("The client sends nothing, or too slowly.") from None
        finally:
            self.settimeout(ANSWER_S)
        self._until = min(self._until + len(chunk) / LOWEST_RATE, time.monotonic() + BODY_S)
        return chunk

    def peek(self, most_bytes: int) -> bytes:
        """What has arrived and was not read yet, without waiting. Leaves the socket non-blocking."""
        self.settimeout(0)
        try:
            return super().recv(most_bytes, socket.MSG_PEEK)
        except OSError:  # nothing yet, or the client has left
            return b""

    def wake_beyond(self, waiting_bytes: int) -> None:
        """The loop is to look again when more than so many bytes wait, or the client has left."""
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, waiting_bytes + 1)

    def close_after_answer(self) -> None:
        """What is left of the request will not be read, so another cannot follow; the answer says so."""
        self.request.force_close()

    def say_goodbye(self) -> None:
        """The answer is complete; what still comes is thrown away, within bounds."""
        self.settimeout(0)
        self.shutdown(socket.SHUT_WR)
        self._until = time.monotonic() + REST_S

    def throw_away(self) -> bool:
        """What has arrived. False when the client has left, or was listened to for long enough."""
        try:
            chunk = super().recv(2**18)
        except OSError:
            return False
        self._rest_bytes -= len(chunk)
        return bool(chunk) and self._rest_bytes > 0 and time.monotonic() < self._until


class DoorWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's threaded worker, which gives no thread to a client that has not asked anything yet."""

    def enqueue_req(self, conn: TConn) -> None:
        """A connection is new, or has something unread."""
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket(fileno=conn.sock.detach())
        conn.timeout = time.monotonic() + HEAD_S
        self._look(conn, before=None)

    def on_pending_socket_readable(self, conn: TConn, client: PatientSocket) -> None:
        """More of a head that was incomplete has arrived, or its client has left."""
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        self._look(conn, before=conn.sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) - 1)

    def handle(self, conn: TConn) -> bool:
        """In a thread: serve one request. False when the connection is to be closed."""
        whole = _is_whole(_head(conn, conn.sock.peek(HEAD_BYTES)))
        conn.sock.settimeout(ANSWER_S)
        conn.sock.expect_body()
        if whole:
            return bool(super().handle(conn))
        with suppress(OSError):
            conn.sock.sendall(_REFUSED)
        return False

    def handle_request(self, req: Any, conn: TConn) -> bool:
        conn.sock.request = req
        return bool(super().handle_request(req, conn))

    def finish_request(self, conn: TConn, fs: Future[bool]) -> None:
        """After it, in the main loop."""
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self._see_off(conn)

    def murder_pending(self) -> None:
        """Close connections whose time is up: one that never asked, one that was seen off."""
        now = time.monotonic()
        for conn in [each for each in self.pending_conns if each.timeout - self._hurry(each) <= now]:
            self.poller.unregister(conn.sock)
            self.pending_conns.remove(conn)
            self._drop(conn)

    def _hurry(self, conn: TConn) -> float:
        """Browsers open connections that they may never use: no stop waits for those."""
        return 0.0 if self.alive or conn.sock.request else HEAD_S - LAST_HEAD_S

    def _look(self, conn: TConn, before: int | None) -> None:
        waiting = conn.sock.peek(HEAD_BYTES)
        head = _head(conn, waiting)
        if _is_whole(head) or _is_hopeless(head):
            conn.sock.wake_beyond(0)
            conn.data_ready = True
            super().enqueue_req(conn)
        elif len(waiting) == before:
            self._drop(conn)
        else:
            conn.sock.wake_beyond(len(waiting))
            self._await(conn, self.on_pending_socket_readable)

    def _see_off(self, conn: TConn) -> None:
        """A socket closed over unread bytes would be a reset, which may overtake the answer."""
        try:
            conn.sock.say_goodbye()
        except OSError:
            self._drop(conn)
            return
        conn.timeout = time.monotonic() + REST_PAUSE_S
        self._await(conn, self._throw_away)

    def _throw_away(self, conn: TConn, client: PatientSocket) -> None:
        conn.timeout = time.monotonic() + REST_PAUSE_S
        if not client.throw_away():
            self.poller.unregister(client)
            self.pending_conns.remove(conn)
            self._drop(conn)

    def _await(self, conn: TConn, act: Callable[[TConn, PatientSocket], None]) -> None:
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(act, conn))

    def _drop(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()


def _head(conn: TConn, waiting: bytes) -> bytes:
    """The next request as far as it is here: what came with the last one, and what is unread."""
    pipelined: bytes = conn.parser.unreader.buf.getvalue() if conn.initialized else b""
    return (pipelined + waiting).lstrip(b"\r\n")


def _is_whole(head: bytes) -> bool:
    return b"\r\n\r\n" in head


def _is_hopeless(head: bytes) -> bool:
    """Too long, or no HTTP: somebody speaks TLS to this port."""
    return len(head) >= HEAD_BYTES or (head != b"" and not head[:1].isalpha())
