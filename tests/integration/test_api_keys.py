"""Who may call: every route with every key, the first key, the last one, and what one's own catalogue is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from flask import Flask
from sqlalchemy import event
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from catalogue import keys
from catalogue.catalogues import DEFAULT, ensure_catalogue
from catalogue.database import Database
from catalogue.errors import SettingsInvalid
from catalogue.key_texts import make_text
from catalogue.settings import Settings
from catalogue.states import KeyScope
from service.app import close, create_app, routes
from service.cli import run
from service.guards import check_address
from service.scopes import SCOPES
from service.services import EXTENSION, Services
from tests.integration.shop import form, picture

OTHERS = "another-shop"
SECRET = b"the installation's own"
SCOPES_IN_ORDER = [KeyScope.READ, KeyScope.WRITE, KeyScope.ADMIN]


@dataclass
class Door:
    """An installation and as many processes of it as a test wants."""

    settings: Settings
    database: Database
    opened: ExitStack

    def process(self, **changed: Any) -> Flask:
        app = create_app(replace(self.settings, **changed))
        self.opened.callback(close, app)
        return app

    def key(self, scope: str, catalogue: str | None = None, **given: Any) -> str:
        made = self.database.write(
            lambda session: keys.create(
                session, SECRET, name=scope, scope=KeyScope(scope), catalogue=catalogue, **given
            )
        )
        return made.text

    def revoked(self) -> str:
        text = self.key("admin")
        self.revoke(text)
        return text

    def revoke(self, text: str) -> None:
        with self.database.reading() as session:
            key = keys.find(session, text, SECRET)
        assert key is not None
        self.database.write(lambda session: keys.revoke(session, key.id))


@pytest.fixture
def door(database: Database, tmp_path: Path) -> Iterator[Door]:
    """Two catalogues without a model: who may call does not depend on one."""
    for name in (DEFAULT, OTHERS):
        database.write(lambda session, name=name: ensure_catalogue(session, name, "EUR"))  # type: ignore[misc]  # bound now
    url = database.url.render_as_string(hide_password=False)
    settings = Settings(data=tmp_path / "data", database_url=url, threads=1, device="cpu", secret_key=SECRET.decode())
    with ExitStack() as opened:
        yield Door(settings, database, opened)


def bearer(text: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}", **more}


def code(answer: TestResponse) -> str:
    return str(json.loads(answer.data)["type"]).rpartition("/")[2]


ROUTES = sorted(
    (rule.endpoint, method, rule.rule.replace("<path:filename>", "pages.css"))
    for rule in routes().url_map.iter_rules()
    for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
)


def test_every_route_says_who_may_call_it_and_no_line_is_left_over() -> None:
    assert {endpoint for endpoint, _, _ in ROUTES} == set(SCOPES)


def test_nothing_under_v1_is_public() -> None:
    assert [rule for endpoint, _, rule in ROUTES if rule.startswith("/v1") and SCOPES[endpoint] is None] == []


def test_a_route_that_nobody_declared_stops_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "service.scopes.SCOPES", {name: scope for name, scope in SCOPES.items() if name != "pages.home"}
    )
    with pytest.raises(AssertionError, match=r"pages\.home"):
        routes()


def refused(endpoint: str, key: str) -> tuple[int, str] | None:
    """What must become of a request: the rule of the contract, written once more."""
    needed = SCOPES[endpoint]
    if needed is None:
        return None
    if key == "none":
        return 401, "key-required"
    if key in {"wrong", "revoked", "nonsense"}:
        return 401, "key-refused"
    if key == "another's":
        return 403, "other-catalogue"
    if SCOPES_IN_ORDER.index(KeyScope(key)) < SCOPES_IN_ORDER.index(needed):
        return 403, "scope-too-small"
    return None


def test_every_route_with_every_key(door: Door) -> None:
    client = door.process().test_client()
    given = {
        "none": {},
        "nonsense": bearer("open sesame"),
        "wrong": bearer(make_text(uuid4())),
        "revoked": bearer(door.revoked()),
        "another's": bearer(door.key("write", OTHERS)),
        "read": bearer(door.key("read")),
        "write": bearer(door.key("write")),
        "admin": bearer(door.key("admin")),
    }

    for endpoint, method, rule in ROUTES:
        path = rule.replace("<sku>", "tee").replace("<photo_id>", str(uuid4())).replace("<key_id>", uuid4().hex)
        path = path.replace("<code>", "internal")
        for key, headers in given.items():
            named = {"catalogue": "default"} if key == "another's" else {}
            answer = client.open(path, method=method, query_string=named, headers=headers, buffered=True)
            expected = refused(endpoint, key)
            if expected is None:
                assert answer.status_code not in {401, 403, 500}, (method, path, key)
                assert "WWW-Authenticate" not in answer.headers
            else:
                assert (answer.status_code, code(answer)) == expected, (method, path, key)
                assert (answer.headers.get("WWW-Authenticate") == "Bearer") == (expected[0] == 401)


def test_an_address_that_is_none_asks_for_a_key_too(door: Door) -> None:
    client, read = door.process().test_client(), bearer(door.key("read"))
    for method, path, status in (("GET", "/v1/nowhere", 404), ("GET", "/nowhere", 404), ("TRACE", "/v1/items", 405)):
        assert client.open(path, method=method).status_code == 401
        assert client.open(path, method=method, headers=read).status_code == status


def test_the_first_key_ends_open_mode_in_every_process_at_once(door: Door) -> None:
    one, two = door.process().test_client(), door.process().test_client()
    assert one.put("/v1/items/tee", json={}).status_code == 201
    assert two.get("/v1/items/tee", headers=bearer("ignored, there are no keys")).status_code == 200

    made = one.post("/v1/keys", json={"scope": "admin", "name": "first"})

    assert made.status_code == 201
    for client in (one, two):
        assert client.get("/v1/items/tee").status_code == 401
        assert client.get("/v1/items/tee", headers=bearer(made.json["key"])).status_code == 200  # type: ignore[index]  # it is JSON


def test_a_revoked_key_is_refused_by_every_process_in_the_next_request(door: Door) -> None:
    one, two = door.process().test_client(), door.process().test_client()
    admin, read = bearer(door.key("admin")), bearer(door.key("read"))
    for client in (one, two):
        assert client.get("/v1/items", headers=read).status_code == 200
    listed: Any = one.get("/v1/keys", headers=admin).json
    (key_id,) = [key["id"] for key in listed["keys"] if key["scope"] == "read"]

    assert one.delete(f"/v1/keys/{key_id}", headers=admin).status_code == 204

    for client in (two, one):
        assert client.get("/v1/items", headers=read).status_code == 401


def test_revoking_the_last_key_does_not_open_the_service_again(door: Door) -> None:
    text = door.key("admin")
    client = door.process().test_client()
    assert client.get("/v1/items", headers=bearer(text)).status_code == 200

    door.revoke(text)

    for process in (client, door.process().test_client()):
        assert process.get("/v1/items").status_code == 401
        assert process.get("/v1/items", headers=bearer(text)).status_code == 401


def test_a_key_belongs_to_its_catalogue_and_an_admins_to_all(door: Door) -> None:
    client = door.process().test_client()
    ours, theirs, admin = (bearer(door.key(*key)) for key in (("write",), ("write", OTHERS), ("admin",)))
    assert client.put("/v1/items/tee", json={"title": "Ours"}, headers=ours).status_code == 201

    assert client.get("/v1/items/tee", headers=theirs).status_code == 404
    assert client.delete("/v1/items/tee", headers=theirs).status_code == 404
    assert client.put("/v1/items/tee", json={"title": "Theirs"}, headers=theirs).status_code == 201
    for headers, query, title in (
        (ours, "", "Ours"),
        (ours, "?catalogue=default", "Ours"),
        (theirs, f"?catalogue={OTHERS}", "Theirs"),
        (admin, "", "Ours"),
        (admin, f"?catalogue={OTHERS}", "Theirs"),
    ):
        answer: Any = client.get(f"/v1/items/tee{query}", headers=headers).json
        assert answer["title"] == title
    assert client.get("/v1/items/tee?catalogue=nowhere", headers=admin).status_code == 404


def test_naming_anothers_catalogue_is_a_403_whether_it_is_there_or_not(door: Door) -> None:
    client, write = door.process().test_client(), bearer(door.key("write"))
    for named in (OTHERS, "nowhere", "", "Default"):
        for method, path in (("GET", "/v1/items"), ("PUT", "/v1/items/tee"), ("GET", "/v1/search")):
            answer = client.open(path, method=method, query_string={"catalogue": named}, json={}, headers=write)
            assert (answer.status_code, code(answer)) == (403, "other-catalogue"), (named, path)


def test_photos_of_another_catalogue_are_not_there(door: Door) -> None:
    client = door.process().test_client()
    ours, theirs = bearer(door.key("write")), bearer(door.key("write", OTHERS))
    sent: Any = client.post("/v1/items/tee/photos", data=form(picture()), headers=ours).json
    photo = f"/v1/photos/{sent['photos'][0]['id']}"

    for method, path in (
        ("GET", photo), ("GET", f"{photo}/image"), ("PATCH", photo), ("DELETE", photo), ("POST", f"{photo}/retry"),
        ("PATCH", f"{photo}/caption"), ("DELETE", f"{photo}/caption"), ("GET", "/v1/items/tee/similar"),
    ):  # fmt: skip
        body = {"position": 0} if path == photo else {"text": "mine"}
        sent_again = client.open(path, method=method, headers=theirs, json=body if method == "PATCH" else None)
        assert sent_again.status_code == 404, (method, path)
    assert client.get(f"{photo}/image", headers=ours).status_code == 200


def test_unpublished_items_and_their_photos_are_for_those_who_write(door: Door) -> None:
    client = door.process().test_client()
    read, write = bearer(door.key("read")), bearer(door.key("write"))
    client.put("/v1/items/shown", json={}, headers=write)
    client.put("/v1/items/hidden", json={"published": False}, headers=write)
    sent: Any = client.post("/v1/items/hidden/photos", data=form(picture()), headers=write).json
    photo = f"/v1/photos/{sent['photos'][0]['id']}"

    paths = ("/v1/items/hidden", "/items/hidden", photo, f"{photo}/image", "/v1/items/hidden/similar")
    assert [client.get(path, headers=read).status_code for path in paths] == [404] * 5
    assert [client.get(path, headers=write).status_code for path in paths] == [200, 200, 200, 200, 409]
    listed = [client.get("/v1/items?limit=1", headers=headers).json for headers in (read, write)]
    assert [[item["sku"] for item in page["items"]] for page in listed if page] == [["shown"], ["hidden"]]


def test_a_missing_and_a_hidden_item_are_told_in_the_same_words(door: Door) -> None:
    client, read = door.process().test_client(), bearer(door.key("read"))
    client.put("/v1/items/tee", json={"published": False}, headers=bearer(door.key("write")))
    for path in ("/v1/items/tee", "/v1/items/tee/similar"):
        hidden: Any = client.get(path, headers=read).json
        missing: Any = client.get(path.replace("tee", "tie"), headers=read).json
        assert hidden["detail"].replace("tee", "tie") == missing["detail"]


def test_a_key_for_some_origins_is_refused_to_pages_of_others(door: Door) -> None:
    client = door.process().test_client()
    bound, free = bearer(door.key("read", origins=["https://shop.example"])), bearer(door.key("read"))
    for origin, status in (
        (None, 200), ("https://shop.example", 200), ("HTTPS://SHOP.EXAMPLE", 200), ("http://shop.example", 403),
        ("https://shop.example:8443", 403), ("https://shop.example.org", 403), ("null", 403), ("", 403),
    ):  # fmt: skip
        named = {} if origin is None else {"Origin": origin}
        assert client.get("/v1/items", headers={**bound, **named}).status_code == status, origin
        assert client.get("/v1/items", headers={**free, **named}).status_code == 200, origin


def test_with_a_key_host_and_origin_are_anybodys(door: Door) -> None:
    client, write = door.process().test_client(), door.key("write")
    headers = bearer(write, Host="shop.example", Origin="https://elsewhere.example", **{"Sec-Fetch-Site": "cross-site"})
    assert client.put("/v1/items/tee", json={}, headers=headers).status_code == 201
    assert client.get("/healthz", headers={"Host": "shop.example"}).status_code == 200


def test_only_a_bearers_key_counts_and_the_schemes_name_is_in_any_case(door: Door) -> None:
    client, key = door.process().test_client(), door.key("read")
    for sent, status in (
        (f"Bearer {key}", 200), (f"bearer {key}", 200), (f"BEARER  {key} ", 200),
        (f"Basic {key}", 401), (key, 401), (f"Bearer {key}, Bearer {key}", 401), (f"Bearer {key}x", 401),
        ("Bearer", 401), ("Bearer ", 401), ("", 401),
    ):  # fmt: skip
        assert client.get("/v1/items", headers={"Authorization": sent}).status_code == status, sent
    assert client.get("/v1/items", query_string={"key": key}).status_code == 401


def test_keys_are_made_listed_and_revoked_by_an_admin(door: Door) -> None:
    client, admin = door.process().test_client(), bearer(door.key("admin"))
    asked = {"scope": "write", "catalogue": OTHERS, "name": "import", "origins": ["https://shop.example"]}

    answer = client.post("/v1/keys", json=asked, headers=admin)
    made: Any = answer.json

    assert answer.status_code == 201
    assert {name: made[name] for name in asked} == asked
    assert made["key"].startswith(f"vt_live_{made['id']}_")
    assert client.put("/v1/items/tee", json={}, headers=bearer(made["key"])).status_code == 201
    listed: Any = client.get("/v1/keys", headers=admin).json
    assert [key["name"] for key in listed["keys"]] == ["import", "admin"]
    assert made["key"] not in json.dumps(listed)
    assert [client.delete(f"/v1/keys/{made['id']}", headers=admin).status_code for _ in range(2)] == [204, 204]
    revoked: Any = client.get("/v1/keys", headers=admin).json
    assert revoked["keys"][0]["revoked_at"] is not None
    assert client.delete(f"/v1/keys/{uuid4().hex}", headers=admin).status_code == 404
    assert client.delete("/v1/keys/no-id", headers=admin).status_code == 404


def test_pages_of_keys_walk_all_of_them(door: Door) -> None:
    client, admin = door.process().test_client(), bearer(door.key("admin"))
    for number in range(4):
        client.post("/v1/keys", json={"scope": "read", "name": f"key {number}"}, headers=admin)

    names, cursor = [], None
    while True:
        chosen = {"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
        page: Any = client.get("/v1/keys", query_string=chosen, headers=admin).json
        names += [key["name"] for key in page["keys"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert names == ["key 3", "key 2", "key 1", "key 0", "admin"]
    assert client.get("/v1/keys?cursor=mine", headers=admin).status_code == 422


def test_a_key_that_cannot_be_is_refused(door: Door) -> None:
    client, admin = door.process().test_client(), bearer(door.key("admin"))
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"scope": "root", "name": "a"}, 422),
        ({"scope": "read"}, 422),
        ({"name": "a"}, 422),
        ({"scope": "read", "name": ""}, 422),
        ({"scope": "admin", "name": "a", "catalogue": "default"}, 422),
        ({"scope": "read", "name": "a", "origins": ["shop.example"]}, 422),
        ({"scope": "read", "name": "a", "catalogue": "nowhere"}, 404),
        ({"scope": "read", "name": "a", "secret": "mine"}, 422),
    ]
    for body, status in wrong:
        assert client.post("/v1/keys", json=body, headers=admin).status_code == status, body


def test_a_browser_is_told_that_the_pages_are_closed(door: Door) -> None:
    client = door.process().test_client()
    door.key("read")

    for path in ("/", "/?q=dress", "/items/tee"):
        answer = client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        assert answer.status_code == 401
        assert answer.mimetype == "text/html"
        assert "These pages are closed" in answer.text
        assert "<form" not in answer.text
    assert client.get("/v1/items", headers={"Accept": "text/html"}).mimetype == "application/problem+json"


def test_pages_show_the_catalogue_of_the_key(door: Door) -> None:
    client = door.process().test_client()
    theirs = bearer(door.key("write", OTHERS))
    client.put("/v1/items/tee", json={"title": "Only theirs"}, headers=theirs)

    assert "Only theirs" in client.get("/items/tee", headers=theirs).text
    assert client.get("/items/tee", headers=bearer(door.key("read"))).status_code == 404


def test_uses_are_written_down_behind_the_requests(door: Door) -> None:
    app = door.process()
    client, read, idle = app.test_client(), door.key("read"), door.key("write")
    held: Services = app.extensions[EXTENSION]
    with watched_writes(held.database) as statements:
        for _ in range(3):
            client.get("/v1/items", headers=bearer(read))
        assert statements == []

    held.keyring.record_use()

    with door.database.reading() as session:
        used = {key.scope.value: key.last_used_at is not None for key in keys.list_keys(session, limit=10)}
    assert used == {"read": True, "write": False}
    assert idle


def test_a_process_that_ends_writes_down_the_last_uses(door: Door) -> None:
    app = create_app(door.settings)
    app.test_client().get("/v1/items", headers=bearer(door.key("read")))
    close(app)
    with door.database.reading() as session:
        assert [key.last_used_at is not None for key in keys.list_keys(session, limit=10)] == [True]


def test_a_request_with_a_key_costs_one_read_more(door: Door) -> None:
    app = door.process()
    client, read = app.test_client(), bearer(door.key("read"))
    held: Services = app.extensions[EXTENSION]
    for headers in ({}, bearer("open sesame"), read):
        client.get("/v1/nowhere", headers=headers)

    counted = {}
    for name, headers in (("none", {}), ("nonsense", bearer("open sesame")), ("read", read)):
        with watched_reads(held.database) as statements:
            client.get("/v1/nowhere", headers=headers)
        counted[name] = len(statements)

    assert counted == {"none": 0, "nonsense": 0, "read": 1}


def test_no_secret_reaches_the_log(door: Door) -> None:
    client, admin = door.process().test_client(), door.key("admin")
    lines: list[Any] = []

    def keep(_logger: Any, _method: str, line: Any) -> Any:
        lines.append(dict(line))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, keep], cache_logger_on_first_use=False)
    try:
        made: Any = client.post("/v1/keys", json={"scope": "read", "name": "a"}, headers=bearer(admin)).json
        wrong = make_text(uuid4())
        client.get("/v1/items", headers=bearer(wrong))
        client.get("/v1/items", headers=bearer(made["key"]))
        client.delete(f"/v1/keys/{made['id']}", headers=bearer(admin))
    finally:
        structlog.configure(**before)

    written = repr(lines)
    assert written.count("'event': 'request'") == 4
    assert "key_created" in written
    assert "key_revoked" in written
    for text in (admin, wrong, made["key"]):
        assert text[41:] not in written


def test_the_command_line_shows_its_key(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.csv").write_text("sku,title\ntee,Tee\ntie,Tie\n")
    read, write = door.key("read"), door.key("write")

    with serving(door.process()) as url:
        assert run(["import", "shop.csv", "--url", url, "--key", write]) == 0
        shown = ""
        for _ in range(100):  # another process than the import's, which does not know its number: soon, not at once
            assert run(["search", "", "--url", url, "--key", read, "--json"]) == 0
            shown = capsys.readouterr().out
            if '"title": "Tee"' in shown:
                break
            time.sleep(0.05)
        assert '"title": "Tee"' in shown
        for key, said in ((["--key", read], "a key of the scope write"), ([], "needs a key")):
            assert run(["import", "shop.csv", "--url", url, *key]) == 1
            assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("import-failures-*"))


def test_a_stranger_learns_nothing_from_the_answer(door: Door) -> None:
    client, real = door.process().test_client(), door.key("read")
    near = real[:-1] + ("a" if real[-1] != "a" else "b")
    answers = [
        client.get("/v1/items", headers=bearer(text)) for text in (near, make_text(uuid4()), door.revoked(), "x")
    ]
    assert len({(answer.status_code, json.loads(answer.data)["detail"]) for answer in answers}) == 1
    assert not any(near in answer.text for answer in answers)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::"])  # noqa: S104 - to be refused
def test_only_a_service_with_keys_may_be_reached_by_others(door: Door, host: str) -> None:
    with pytest.raises(SettingsInvalid, match="without keys"):
        door.process(bind=(host, 8000))

    text = door.key("admin")
    door.revoke(text)  # even a revoked one: it stays closed

    client = door.process(bind=(host, 8000)).test_client()
    assert client.get("/v1/items", headers={"Host": "shop.example"}).status_code == 401


def test_one_that_was_promised_a_key_serves_nobody_until_it_has_one(door: Door) -> None:
    text = make_text(uuid4())
    client = door.process(bind=("192.168.1.2", 8000), admin_key=text).test_client()
    refusal = client.get("/v1/items")
    assert (refusal.status_code, code(refusal)) == (403, "request-refused")
    assert client.get("/v1/items", headers=bearer(text)).status_code == 403
    assert client.get("/healthz").status_code == 200

    door.database.write(lambda session: keys.ensure_admin_key(session, text, SECRET))

    assert client.get("/v1/items", headers=bearer(text)).status_code == 200
    assert client.get("/v1/items").status_code == 401


def test_an_address_is_checked_before_there_is_a_database(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="vitrine keys create"):
        check_address(Settings(data=tmp_path / "new", bind=("192.168.1.2", 8000)))
    check_address(Settings(data=tmp_path / "new", bind=("192.168.1.2", 8000), admin_key=make_text(uuid4())))


@contextmanager
def watched_reads(database: Database) -> Iterator[list[str]]:
    with watched(database._read_engine) as statements:
        yield statements


@contextmanager
def watched_writes(database: Database) -> Iterator[list[str]]:
    with watched(database.write_engine) as statements:
        yield statements


@contextmanager
def watched(engine: Any) -> Iterator[list[str]]:
    """The statements that run meanwhile, the views' own look at the change counters aside."""
    statements: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "FROM keys" in statement or "UPDATE" in statement or "INSERT" in statement:
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", keep)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", keep)


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
