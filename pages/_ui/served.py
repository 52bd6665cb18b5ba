"""Files of ours that a browser may fetch from this server: scripts, Plotly, recordings."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from zlib import crc32

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_folders: dict[str, Path] = {}  # by their names in addresses


def prefix() -> str:
    """What all paths of this server begin with."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def address(file: Path, folder: str = "") -> str:
    """The URL path of a file. It changes with any file beside it, so that modules which import each
    other are of one version; of files that never change, `folder` is a lasting name for theirs."""
    folder = folder or f"{file.parent.name}-{_version(file.parent)}"
    _folders[folder] = file.parent
    return f"{prefix()}/ours/{folder}/{file.name}"


@cache
def _version(folder: Path) -> str:
    version = 0
    for path in sorted(folder.iterdir()):
        if path.is_file():
            version = crc32(path.read_bytes(), version)
    return f"{version:08x}"


def route() -> Route:
    return Route(f"{prefix()}/ours/{{folder}}/{{file}}", _answer)


async def _answer(request: Request) -> Response:
    name, folder = request.path_params["file"], _folders.get(request.path_params["folder"])
    if folder is None or Path(name).name != name or not (folder / name).is_file():
        return Response(status_code=404)
    if Path(name).suffix != ".js":
        return FileResponse(folder / name, headers=FOREVER)
    # Packed once; left to Streamlit, every request would pack Plotly's five megabytes again.
    packed = "gzip" in request.headers.get("accept-encoding", "")
    how = {"Content-Encoding": "gzip" if packed else "identity", "Vary": "Accept-Encoding"}
    content = _packed(folder / name) if packed else (folder / name).read_bytes()
    return Response(content, media_type="text/javascript", headers=FOREVER | how)


@cache
def _packed(file: Path) -> bytes:
    return gzip.compress(file.read_bytes())
