"""`/openapi.json`, `/docs` and the pages on problems, as they are served."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from catalogue.settings import Settings
from service.app import close, create_app, routes
from service.contract import document
from service.explained import explained
from service.pages.contract import markdown, markdown_line
from service.problems import TYPES

MADE = document(routes(), "/")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Of a service that has no database: the contract needs none."""
    app = create_app(Settings(data=tmp_path_factory.mktemp("contract"), public_url="https://shop.example"))
    yield app.test_client()
    close(app)


def curl_lines(page: str) -> list[list[str]]:
    found = re.findall(r'<pre class="shell"[^>]*>(.*?)</pre>', page, re.DOTALL)
    return [shlex.split(unescape(line).replace("\\\n", " ")) for line in found]


def test_the_document_names_the_address_that_the_service_is_known_by(client: FlaskClient) -> None:
    answer = client.get("/openapi.json")
    assert answer.content_type == "application/json"
    assert answer.json == {**MADE, "servers": [{"url": "https://shop.example"}]}


def test_docs_show_every_call_and_every_model(client: FlaskClient) -> None:
    answer = client.get("/docs")
    assert answer.mimetype == "text/html"
    for path, operations in MADE["paths"].items():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in answer.text, path
            assert f'href="#{operation["operationId"]}"' in answer.text, path
    linked = set(re.findall(r'class="kind"[^>]*href="#(\w+)"|<a href="#([A-Z]\w+)"', answer.text))
    for name in {first or second for first, second in linked}:
        assert f'id="{name}"' in answer.text, name


def test_docs_ask_no_other_host_and_run_no_script_of_their_own(client: FlaskClient) -> None:
    answer = client.get("/docs")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not re.findall(r'(?:src|rel="stylesheet" href)="(?!/assets/)', answer.text)
    assert "<script>" not in answer.text
    assert "style=" not in answer.text


def test_each_call_has_a_line_for_a_shell_that_goes_to_its_address(client: FlaskClient) -> None:
    lines = curl_lines(client.get("/docs").text)
    assert len(lines) == sum(len(operations) for operations in MADE["paths"].values())
    for line in lines:
        assert line[0] == "curl"
        address = next(word for word in line if word.startswith("https://"))
        assert address.startswith("https://shop.example/")
        assert "{" not in address
        if "--json" in line:
            json.loads(line[line.index("--json") + 1])


def test_a_strange_host_cannot_put_anything_into_the_page(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path))
    try:
        for host in ('"><script>alert(1)</script>', "x';rm -rf /;'", "$(id)"):
            answer = app.test_client().get("/docs", headers={"Host": host})
            assert "<script>alert" not in answer.text
            assert all(line[0] == "curl" for line in curl_lines(answer.text))
            options = {word for line in curl_lines(answer.text) for word in line if word.startswith("-")}
            assert options <= {"-X", "-H", "-F", "-o", "--json", "--data-binary"}
    finally:
        close(app)


@pytest.mark.parametrize("code", TYPES)
def test_each_type_of_problem_leads_to_a_page(client: FlaskClient, code: str) -> None:
    answer = client.get(f"/problems/{code}")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert f'<h1 id="kind">{TYPES[code].title}</h1>'.replace("'", "&#39;") in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_the_list_of_problems_leads_to_all_of_them(client: FlaskClient) -> None:
    page = client.get("/problems").text
    assert set(re.findall(r'href="/problems/([a-z-]+)"', page)) == set(TYPES)


def test_a_type_of_problem_that_is_none_is_a_404(client: FlaskClient) -> None:
    assert client.get("/problems/nope").status_code == 404
    assert client.get("/problems/nope", headers={"Accept": "text/html"}).mimetype == "text/html"


def test_each_type_of_problem_has_a_page_and_each_page_a_type() -> None:
    assert set(explained()) == set(TYPES)


@pytest.mark.parametrize("code", TYPES)
def test_a_page_says_what_the_service_answers(code: str) -> None:
    page, kind = explained()[code], TYPES[code]
    assert (page.title, page.status) == (kind.title, kind.status)
    example = dict(page.example)
    assert {name: example[name] for name in ("type", "title", "status")} == {
        "type": f"/problems/{code}",
        "title": kind.title,
        "status": kind.status,
    }
    assert 12 <= len((ROOT / f"service/pages/problems/{code}.md").read_text("utf-8").splitlines()) <= 36


def test_the_docs_list_each_page_with_its_status() -> None:
    listed = re.findall(
        r"^\| (\d+) \| \[`([a-z-]+)`\]\((\S+)\) \| (.+) \|$",
        (ROOT / "docs/problems.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert listed == [
        (str(page.status), page.code, f"../service/pages/problems/{page.code}.md", page.meaning)
        for page in sorted(explained().values(), key=lambda page: (page.status, page.code))
    ]


def test_html_in_a_text_is_shown_and_not_obeyed() -> None:
    assert markdown("<script>x</script>") == "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"
    assert markdown_line("<b>x</b>") == "&lt;b&gt;x&lt;/b&gt;"
    assert "href" not in markdown("[x](javascript:alert)")
