"""The document that every page begins as."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit import file_util

from pages._ui import site

FOLDER = Path(site.__file__).resolve().parents[1]


def test_it_is_streamlit_s_with_ours_in_its_head():
    theirs = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    head, body = theirs.split("</head>")
    found = site.document("race")
    assert found.startswith(head)
    assert found.endswith(body)
    ours = found.removeprefix(head).removesuffix("</head>" + body)
    assert ".stMainBlockContainer" in ours
    assert "closeAfterChoice" in ours


def test_every_page_has_it():
    pages = {path.stem for path in FOLDER.glob("*.py")} - {"menu"}
    assert {name for name, _, _ in site.PAGES} == pages
    documents = {f"/{name}" for name in ("", *pages)}
    assert {route.path for route in site.routes()} == documents | {f"/{site.SCRIPT}"}


def test_plotly_comes_with_the_document_where_it_draws_the_picture():
    pages = {name for name, _, _ in site.PAGES}
    assert {name for name in pages if site.SCRIPT in site.document(name)} == set(site.CHARTS)


def test_it_lies_where_the_server_s_paths_begin(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": "/lab/"}.get)
    assert all(route.path.startswith("/lab/") for route in site.routes())
