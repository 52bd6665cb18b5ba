"""The document that every page begins as."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest
import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from streamlit import file_util

from pages._ui import served, site

FOLDER = Path(site.__file__).resolve().parents[1]


def test_it_is_streamlit_s_with_ours_in_its_head():
    theirs = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    head, body = theirs.split("</head>")
    found = site.document("race")
    assert found.startswith(head)
    assert found.endswith(body)
    ours = found.removeprefix(head).removesuffix("</head>" + body)
    assert ".stMainBlockContainer" in ours
    for name in ("page.js", *(f"/static/js/{element}." for element in site.ELEMENTS)):
        assert name in ours
    assert '{BACKEND_BASE_URL: location.origin + "/"}' in ours


def test_every_page_has_it():
    pages = {path.stem for path in FOLDER.glob("*.py")} - {"menu"}
    assert {name for name, _, _ in site.PAGES} == pages
    documents = {f"/{name}" for name in ("", *pages)}
    assert {route.path for route in site.routes()} == documents | {"/ours/{folder}/{file}"}


def test_plotly_comes_with_the_document_where_it_draws_the_picture():
    pages = {name for name, _, _ in site.PAGES}
    assert {name for name in pages if "/plotly.min.js" in site.document(name)} == set(site.CHARTS)


def test_it_lies_where_the_server_s_paths_begin(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": "/lab/"}.get)
    assert all(route.path.startswith("/lab/") for route in site.routes())


def answer(folder: str, file: str, **headers: str) -> Response:
    """What the server says of a path below `/ours`."""
    scope = {
        "type": "http",
        "path_params": {"folder": folder, "file": file},
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    found: Response = asyncio.run(served.route().endpoint(Request(scope)))
    return found


def test_scripts_are_served_packed_and_nothing_else_of_the_disk(tmp_path: Path):
    (tmp_path / "one.js").write_text("import './two.js';")
    (tmp_path / "two.js").write_text("1;")
    (tmp_path.parent / "secret.js").write_text("2;")
    path = served.address(tmp_path / "one.js")
    _, ours, folder, file = path.split("/")
    assert (ours, file) == ("ours", "one.js")
    packed = answer(folder, file, **{"accept-encoding": "gzip, br"})
    assert gzip.decompress(bytes(packed.body)) == b"import './two.js';"
    assert packed.headers["content-encoding"] == "gzip"
    assert answer(folder, "two.js").body == b"1;"
    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["content-type"].startswith("text/javascript")
    for wrong in ("three.js", "..", "../secret.js", "..\\secret.js", str(tmp_path / "one.js")):
        assert answer(folder, wrong).status_code == 404
    assert answer("elsewhere", "one.js").status_code == 404


def test_an_address_changes_with_any_file_beside_it(tmp_path: Path):
    (tmp_path / "one.js").write_text("import './two.js';")
    before = served.address(tmp_path / "one.js")
    (tmp_path / "two.js").write_text("1;")
    served._version.cache_clear()  # as a server that is started anew
    assert served.address(tmp_path / "one.js") != before
    assert served.address(tmp_path / "one.js", "lasting").endswith("/ours/lasting/one.js")
