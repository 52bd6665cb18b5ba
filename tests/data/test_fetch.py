"""Downloads: from local mirrors that serve, fail, cut short and cheat; never from the internet."""

from __future__ import annotations

import dataclasses
import errno
import gzip
import hashlib
import http.server
import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import har_files
from wganad_core.__main__ import main
from wganad_core.commands.data import published
from wganad_core.data import DataError, fetch, har, har_cache, mnist
from wganad_core.data.fetch import Dataset, File, dataset_folder

CONTENT = {"a.gz": bytes(range(256)) * 800, "b.gz": b"labels" * 1000, "c.txt": b"plain"}
FILES = tuple(
    File(name, len(content), hashlib.sha256(content).hexdigest())
    for name, content in CONTENT.items()
)


def packed(name: str, level: int = 9) -> bytes:
    """The bytes that are published: what ends in .gz is compressed."""
    return gzip.compress(CONTENT[name], level, mtime=0) if name.endswith(".gz") else CONTENT[name]


GOOD = {name: packed(name) for name in CONTENT}


class Mirror(http.server.ThreadingHTTPServer):
    """A server of some bytes; a file that has `cut` is announced whole and then broken off."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes], cut: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.cut = files, cut
        self.asked: list[str] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def address(self) -> str:
        return f"http://{self.host}/"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        name = self.path.removeprefix("/")
        self.server.asked.append(name)
        content = self.server.files.get(name)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if name == self.server.cut else content)

    def log_message(self, *_: object) -> None: ...


Serve = Callable[..., Mirror]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Start mirrors, `serve(files, cut=name)`; all end with the test."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = []

    def start(files: dict[str, bytes], cut: str = "") -> Mirror:
        mirror = Mirror(files, cut)
        running.append((mirror, threading.Thread(target=mirror.serve_forever, args=(0.01,))))
        running[-1][1].start()
        return mirror

    yield start
    for mirror, thread in running:
        mirror.shutdown()
        mirror.server_close()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the data set goes; neither it nor the data directory exists yet."""
    monkeypatch.setenv("WGANAD_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "small"


def small(*mirrors: Mirror | str) -> Dataset:
    addresses = tuple(m if isinstance(m, str) else m.address for m in mirrors)
    return Dataset("small", "The small set", FILES, addresses)


def there(folder: Path) -> dict[str, bytes]:
    """Everything in the folder, hidden files as well."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refusal(dataset: Dataset) -> str:
    with pytest.raises(DataError) as caught:
        dataset_folder(dataset, fetch=True)
    return str(caught.value)


def test_all_files_arrive_and_progress_is_told(serve: Serve, folder: Path) -> None:
    mirror, told = serve(GOOD), []
    assert dataset_folder(small(mirror), True, lambda *facts: told.append(facts)) == folder
    assert there(folder) == GOOD
    assert len(list(folder.iterdir())) == len(GOOD)
    assert mirror.asked == list(GOOD)
    for name, content in GOOD.items():
        counts = [(done, total) for told_name, done, total in told if told_name == name]
        assert counts == sorted(counts)
        assert counts[-1] == (len(content), len(content))


def test_files_that_are_there_are_not_downloaded_again(serve: Serve, folder: Path) -> None:
    mirror = serve(GOOD)
    folder.mkdir(parents=True)
    mine = packed("a.gz", level=1)
    (folder / "a.gz").write_bytes(mine)
    dataset_folder(small(mirror), fetch=True)
    assert mirror.asked == ["b.gz", "c.txt"]
    assert there(folder) == GOOD | {"a.gz": mine}
    dataset_folder(small(mirror), fetch=True)
    dataset_folder(small("http://nowhere.invalid/"), fetch=True)
    assert mirror.asked == ["b.gz", "c.txt"]


def test_a_recompressed_and_an_unpacked_file_pass(serve: Serve, folder: Path) -> None:
    served = GOOD | {"a.gz": packed("a.gz", level=0), "b.gz": CONTENT["b.gz"]}
    assert served["a.gz"] != GOOD["a.gz"]
    dataset_folder(small(serve(served)), fetch=True)
    assert there(folder) == served


BAD = {
    "tampered": (packed("b.gz"), "expected 204,800 bytes of content, found 6,000"),
    "other bytes": (gzip.compress(bytes(204_800)), "expected content with the SHA-256 "),
    "surplus": (packed("a.gz") + packed("b.gz"), "expected 204,800 bytes of content, found more"),
    "truncated": (GOOD["a.gz"][:-20], "Compressed file ended before the end-of-stream marker"),
    "damaged": (GOOD["a.gz"][:-8] + bytes(8), "CRC check failed"),
    "endless": (bytes(300_000), "more than the 204,800 bytes of its content"),
    "bomb": (gzip.compress(bytes(50_000_000)), "expected 204,800 bytes of content, found more"),
    "empty": (b"", "expected 204,800 bytes of content, found 0"),
    "a page": (b"<html>Please log in", "expected 204,800 bytes of content, found 19"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_wrong_file_is_refused_and_the_next_mirror_asked(
    kind: str, serve: Serve, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content, flaw = BAD[kind]
    first, second = serve(GOOD | {"a.gz": content}), serve(GOOD)
    dataset_folder(small(first, second), fetch=True)
    assert there(folder) == GOOD
    assert second.asked == list(GOOD)
    assert first.asked == ["a.gz"]  # from then on the other mirror comes first
    [said] = caplog.messages
    assert said.startswith(f"a.gz came from {second.host}; refused were {first.host}: {flaw}")


@pytest.mark.parametrize("kind", BAD)
def test_if_no_mirror_is_left_one_sentence_names_all(kind: str, serve: Serve, folder: Path) -> None:
    content, flaw = BAD[kind]
    first, second = serve(GOOD | {"a.gz": content}), serve({})
    said = refusal(small(first, second))
    assert said.startswith(f"a.gz could not be fetched ({first.host}: {flaw}")
    assert (
        f"; {second.host}: 404 Client Error: Not Found); try again later, or put the files of "
        in said
    )
    assert said.endswith(f"The small set into {folder} yourself.")
    assert list(folder.iterdir()) == []


def test_a_download_that_breaks_off_is_refused(serve: Serve, folder: Path) -> None:
    mirror = serve(GOOD, cut="b.gz")
    said = refusal(small(mirror))
    n = len(GOOD["b.gz"])
    assert f"{mirror.host}: IncompleteRead({n // 2} bytes read, {n - n // 2} more expected)" in said
    assert there(folder) == {"a.gz": GOOD["a.gz"]}  # what was verified stays
    good = serve(GOOD)
    dataset_folder(small(mirror, good), fetch=True)
    assert there(folder) == GOOD
    assert good.asked == ["b.gz", "c.txt"]


def test_a_mirror_that_is_down(serve: Serve, folder: Path) -> None:
    down = Mirror({})
    down.server_close()
    up = serve(GOOD)
    assert f"{down.host}: Connection refused" in refusal(small(down))
    dataset_folder(small(down, up), fetch=True)
    assert there(folder) == GOOD


def test_an_interrupted_download_leaves_nothing(serve: Serve, folder: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dataset_folder(small(serve(GOOD)), True, interrupt)
    assert list(folder.iterdir()) == []


def test_what_a_killed_download_left_is_swept(serve: Serve, folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    names = [f".fetching-{platform.node()}-{pid}-abcdefgh" for pid in (ended.pid, os.getpid())]
    for _ in range(2):  # also where nothing is to be fetched
        for name in names:
            (folder / name).mkdir(parents=True, exist_ok=True)
        dataset_folder(small(serve(GOOD)), True)
        assert [path.name for path in folder.glob(".fetching-*")] == names[1:]


@pytest.mark.parametrize("fetching", [False, True])
@pytest.mark.parametrize("kind", [kind for kind in BAD if kind != "endless"])
def test_a_wrong_file_that_is_there_is_refused_and_kept(
    kind: str, fetching: bool, serve: Serve, folder: Path
) -> None:
    content, flaw = BAD[kind]
    folder.mkdir(parents=True)
    present = {"a.gz": content} if fetching else GOOD | {"a.gz": content}
    for name, data in present.items():
        (folder / name).write_bytes(data)
    mirror = serve(GOOD)
    with pytest.raises(DataError) as caught:
        dataset_folder(small(mirror), fetching)
    said = str(caught.value)
    assert said.startswith(
        f"{folder / 'a.gz'} is not the file that The small set was published with ({flaw}"
    )
    assert said.endswith(
        "); put it right, or delete it and run `python -m wganad_core data fetch small`."
    )
    assert there(folder) == present
    assert mirror.asked == []


def test_a_folder_in_the_place_of_a_file(folder: Path) -> None:
    (folder / "a.gz").mkdir(parents=True)
    assert "(Is a directory); put it right, or delete it" in refusal(small())


def test_what_is_missing_is_named_and_how_to_get_it(folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        dataset_folder(small("http://nowhere.invalid/"))
    assert str(caught.value) == (
        f"The small set is not complete in {folder} (missing: a.gz, b.gz, c.txt); fetch it with "
        "`python -m wganad_core data fetch small` or set WGANAD_DATA to the folder that holds "
        "small/."
    )
    assert not folder.parent.exists()


def test_a_place_that_cannot_be_written(serve: Serve, folder: Path) -> None:
    folder.parent.write_text("a file")
    mirror = serve(GOOD)
    said = refusal(small(mirror))
    assert said.startswith(f"{folder} cannot be written (Not a directory); free some space or set")
    assert mirror.asked == []


def test_a_full_disk_is_not_the_mirrors_fault(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetch._Sink, "write", full)
    first, second = serve(GOOD), serve(GOOD)
    said = refusal(small(first, second))
    assert said.startswith(f"{folder} cannot be written (No space left on device)")
    assert second.asked == []
    assert list(folder.iterdir()) == []


# MNIST and the command line


def test_mnist_is_what_the_loader_reads() -> None:
    parts, kinds = ("train", "t10k"), ("images-idx3", "labels-idx1")
    names = [f"{part}-{kind}-ubyte.gz" for part in parts for kind in kinds]
    assert [file.name for file in mnist.PUBLISHED.files] == names
    assert len(mnist.PUBLISHED.mirrors) >= 2
    assert all(m.startswith("https://") and m.endswith("/") for m in mnist.PUBLISHED.mirrors)
    assert sum(file.size for file in mnist.PUBLISHED.files) == 70_000 * (784 + 1) + 2 * (16 + 8)


def test_the_official_files_pass(data_directory: Path) -> None:
    assert (
        dataset_folder(mnist.PUBLISHED)
        == dataset_folder(mnist.PUBLISHED, fetch=True)
        == data_directory / "mnist"
    )
    fetch.check_dataset(mnist.PUBLISHED, data_directory / "mnist")
    listed = (data_directory / "mnist" / "SHA256SUMS-uncompressed").read_text().split()
    assert {file.sha256 for file in mnist.PUBLISHED.files if isinstance(file, File)} == set(
        listed[::2]
    )


def test_without_mnist_its_folder_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match=r"MNIST is not complete in .*data fetch mnist"):
        dataset_folder(mnist.PUBLISHED)
    with pytest.raises(DataError, match="MNIST is not complete in "):
        fetch.check_dataset(mnist.PUBLISHED, folder)


@pytest.fixture
def offered(serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    """A mirror of what the command line now takes for MNIST."""
    mirror = serve(GOOD)
    dataset = dataclasses.replace(small(mirror), name="mnist", title="MNIST")
    monkeypatch.setattr(mnist, "PUBLISHED", dataset)
    return mirror


def test_the_command_line_checks_and_fetches(
    offered: Mirror, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder.parent / "mnist"
    assert main(["data", "check", "mnist"]) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert said.startswith(f"MNIST is not complete in {place} (missing: a.gz, b.gz, c.txt)")
    assert main(["data", "fetch", "mnist", "--json"]) == 0
    printed, said = capsys.readouterr()
    facts = {"name": "mnist", "folder": str(place), "files": list(GOOD)}
    assert json.loads(printed) == facts
    assert "a.gz: 100%" in said
    assert main(["data", "check", "mnist"]) == 0
    printed, said = capsys.readouterr()
    assert printed == f"MNIST is complete in {place}, every file as published.\n"
    assert said == ""
    assert main(["data", "fetch", "mnist"]) == 0
    assert offered.asked == list(GOOD)
    assert there(place) == GOOD


def test_the_command_line_refuses(
    offered: Mirror, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offered.files = {}
    assert main(["data", "fetch", "mnist"]) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert said.startswith(
        f"a.gz could not be fetched ({offered.host}: 404 Client Error: Not Found); try"
    )
    with pytest.raises(SystemExit) as exit_:
        main(["data", "fetch", "fashion"])
    assert exit_.value.code == 2


# UCI HAR, which is judged by what is in it


HAR_FILES = har_files.files()
HAR_ARCHIVE = har_files.nested(HAR_FILES)
HAR_ZIP, PUBLISHED = "UCI HAR Dataset.zip", har.PUBLISHED.files[0].name


@pytest.fixture
def har_mirror(serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    """A mirror of what is now taken for UCI HAR: 14 windows, at most 100 kB."""
    mirror = serve({PUBLISHED: HAR_ARCHIVE})
    monkeypatch.setattr(har_cache, "OFFICIAL", har_files.TINY)
    [archive] = har.PUBLISHED.files
    known = hashlib.sha256(HAR_ARCHIVE).hexdigest()
    tiny = dataclasses.replace(archive, size=100_000, sha256=known)
    dataset = dataclasses.replace(har.PUBLISHED, files=(tiny,), mirrors=(mirror.address,))
    monkeypatch.setattr(har, "PUBLISHED", dataset)
    return mirror


@pytest.fixture
def har_place(folder: Path) -> Path:
    return folder.parent / "uci_har"


def test_har_is_where_uci_publishes_it() -> None:
    [archive], [mirror] = har.PUBLISHED.files, har.PUBLISHED.mirrors
    assert mirror + archive.name == (
        "https://archive.ics.uci.edu/static/public/240/"
        "human+activity+recognition+using+smartphones.zip"
    )
    assert published()["uci_har"] is har.PUBLISHED


def test_har_arrives_and_is_what_the_loader_reads(
    har_mirror: Mirror, har_place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[str, int, int]] = []
    assert dataset_folder(har.PUBLISHED, True, lambda *facts: told.append(facts)) == har_place
    assert there(har_place) == {PUBLISHED: HAR_ARCHIVE}
    assert told[-1] == (PUBLISHED, len(HAR_ARCHIVE), len(HAR_ARCHIVE))
    assert len(har.load_har(har_place)) == 14
    assert dataset_folder(har.PUBLISHED) == dataset_folder(har.PUBLISHED, fetch=True) == har_place
    assert har_mirror.asked == [PUBLISHED]
    assert caplog.messages == []


def test_har_packed_anew_arrives_with_a_warning(
    har_mirror: Mirror, har_place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    anew = har_files.packed(HAR_FILES)
    har_mirror.files = {PUBLISHED: anew}
    dataset_folder(har.PUBLISHED, fetch=True)
    assert there(har_place) == {PUBLISHED: anew}
    found, known = (hashlib.sha256(content).hexdigest()[:12] for content in (anew, HAR_ARCHIVE))
    assert caplog.messages == [
        f"{PUBLISHED} from {har_mirror.host} holds what it should, but has the SHA-256 {found}…; "
        f"known is {known}…."
    ]


@pytest.mark.parametrize("form", ["zip", "extracted"])
def test_har_in_another_form_is_not_downloaded(
    form: str, har_mirror: Mirror, har_place: Path
) -> None:
    har_place.mkdir(parents=True)
    if form == "zip":
        (har_place / HAR_ZIP).write_bytes(har_files.packed(HAR_FILES))
    else:
        har_files.extract(HAR_FILES, har_place / "UCI HAR Dataset")
    assert dataset_folder(har.PUBLISHED, fetch=True) == har_place
    assert har_mirror.asked == []


BAD_HAR = {
    "a page": (b"<html>Please log in", "not a whole zip archive"),
    "empty": (b"", "not a whole zip archive"),
    "truncated": (HAR_ARCHIVE[:-40], "not a whole zip archive"),
    "MNIST": (har_files.packed(GOOD, ""), "expected activity_labels.txt or UCI HAR Dataset.zip in"),
    "label 7": (
        har_files.nested(HAR_FILES | {"test/y_test.txt": har_files.column([2, 1, 3, 7, 6, 5])}),
        "test/y_test.txt: expected whole numbers from 1 to 6, found 7 in line 4",
    ),
}


@pytest.mark.parametrize("kind", [*BAD_HAR, "endless", "cut"])
def test_a_wrong_har_is_refused_and_nothing_stays(
    kind: str, har_mirror: Mirror, har_place: Path
) -> None:
    content, flaw = BAD_HAR.get(kind, (HAR_ARCHIVE, "IncompleteRead("))
    if kind == "endless":
        content, flaw = bytes(300_000), "more than the 100,000 bytes"
    har_mirror.files = {PUBLISHED: content}
    har_mirror.cut = PUBLISHED if kind == "cut" else ""
    with pytest.raises(DataError) as caught:
        dataset_folder(har.PUBLISHED, fetch=True)
    said = str(caught.value)
    assert said.startswith(f"{PUBLISHED} could not be fetched ({har_mirror.host}: {flaw}")
    assert said.endswith(f"put the files of UCI HAR into {har_place} yourself.")
    assert list(har_place.iterdir()) == []
    assert [path.name for path in har_place.parent.iterdir()] == ["uci_har"]  # and no cache


@pytest.mark.parametrize("kind", BAD_HAR)
def test_a_wrong_har_that_is_there_is_refused_and_kept(
    kind: str, har_mirror: Mirror, har_place: Path
) -> None:
    content, flaw = BAD_HAR[kind]
    har_place.mkdir(parents=True)
    (har_place / HAR_ZIP).write_bytes(content)
    for fetching in (False, True):
        with pytest.raises(DataError) as caught:
            dataset_folder(har.PUBLISHED, fetching)
        said = str(caught.value)
        assert said.startswith(
            f"{har_place / HAR_ZIP} is not the file that UCI HAR was published with ({flaw}"
        )
        assert said.endswith("delete it and run `python -m wganad_core data fetch uci_har`.")
    assert there(har_place) == {HAR_ZIP: content}
    assert har_mirror.asked == []


def test_the_command_line_fetches_and_checks_har(
    har_mirror: Mirror, har_place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "check", "uci_har"]) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert said.startswith(f"UCI HAR is not complete in {har_place} (missing: {PUBLISHED})")
    assert main(["data", "fetch", "uci_har", "--json"]) == 0
    printed, said = capsys.readouterr()
    facts = {"name": "uci_har", "folder": str(har_place), "files": [PUBLISHED]}
    assert json.loads(printed) == facts
    assert f"{PUBLISHED}: 100%" in said
    assert main(["data", "check", "uci_har"]) == 0
    printed, _ = capsys.readouterr()
    assert printed == (
        f"UCI HAR is complete in {har_place}, its structure, counts and ranges as published.\n"
    )


def test_the_real_har_passes(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "uci_har").symlink_to(shared_data / "uci_har")  # the cache goes to tmp_path
    monkeypatch.setenv("WGANAD_DATA", str(tmp_path))
    assert (
        dataset_folder(har.PUBLISHED)
        == dataset_folder(har.PUBLISHED, fetch=True)
        == tmp_path / "uci_har"
    )
