"""Facts about naming sources and reading them: files, directories, standard input, URLs."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.article import Article
from summarizer.errors import (
    BlockedAddress,
    EmptyArticle,
    FetchError,
    SourceError,
    SourceNotFound,
    SourceTooLarge,
    UnreadableSource,
)
from summarizer.settings import Settings
from summarizer.sources import Source, expand, read
from summarizer.sources.naming import quoted, shown
from tests.sources_support import PARAGRAPHS, PLAIN, Limits, WebServer, page, web_server

POSIX = pytest.mark.skipif(os.name != "posix", reason="a thing of POSIX file systems")
NOT_ROOT = pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything"
)
LIMITS = Limits()


def only(spec: str | Path, limits: Limits = LIMITS, stdin: bytes | None = None) -> Article:
    """The one article of a spec."""
    stream = None if stdin is None else io.BytesIO(stdin)
    (article,) = read(str(spec), settings=limits, stdin=stream)
    return article


def outcomes(*specs: str | Path, limits: Limits = LIMITS) -> list[tuple[str, str]]:
    """The location of each source, and the first words of its text or its error's class."""
    found = []
    for source in expand(map(str, specs), settings=limits):
        try:
            text = source.load().text[:20]
        except SourceError as error:
            text = type(error).__name__
        found.append((source.location, text))
    return found


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


def test_a_files_text_is_its_bytes_as_they_are(tmp_path: Path) -> None:
    text = "\r\n  First line\r\nsecond\rthird \n\n\tend  "
    (tmp_path / "a.txt").write_bytes(text.encode())
    article = only(tmp_path / "a.txt")
    assert article.text == text
    assert article.location == str(tmp_path / "a.txt")


def test_the_settings_of_the_package_are_settings_of_sources(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(PLAIN)
    (article,) = read(tmp_path / "a.txt", settings=Settings())
    assert article.text == PLAIN


def test_a_file_of_html_is_read_as_a_page_whatever_its_name(tmp_path: Path) -> None:
    for name in ("a.html", "b.HTM", "c.txt", "d", "e.xhtml"):
        (tmp_path / name).write_text(page())
        assert only(tmp_path / name).text == f"Bridge to close\n\n{PLAIN}"


def test_a_directory_gives_its_articles_sorted_with_those_of_its_directories(
    tmp_path: Path,
) -> None:
    for name in ("b.txt", "a.md", "c/d.html", "c/a.TXT", "B.htm", "z.xhtml", "c/e/f.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(PLAIN)
    for name in (".hidden.txt", ".git/a.txt", "image.png", "data.json", "c/.x.txt", "README"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(PLAIN)
    found = [source.location for source in expand([tmp_path], settings=LIMITS)]
    names = ["B.htm", "a.md", "b.txt", "c/a.TXT", "c/d.html", "c/e/f.txt", "z.xhtml"]
    assert found == [str(tmp_path / name) for name in names]


def test_a_file_that_is_named_is_read_whatever_its_name(tmp_path: Path) -> None:
    for name in (".hidden", "article.json", "noext"):
        (tmp_path / name).write_text(PLAIN)
        assert only(tmp_path / name).text == PLAIN


@pytest.mark.parametrize("name", [None, "image.png", ".hidden.txt"])
def test_a_directory_without_articles_is_one_error(tmp_path: Path, name: str | None) -> None:
    if name is not None:
        (tmp_path / name).write_text(PLAIN)
    (source,) = expand([tmp_path], settings=LIMITS)
    with pytest.raises(SourceNotFound, match="holds no file to read"):
        source.load()


def test_one_bad_source_is_one_error_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Good news today.")
    (tmp_path / "bad.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "empty.txt").write_bytes(b"")
    missing, good = str(tmp_path / "missing.txt"), str(tmp_path / "good.txt")
    assert outcomes(missing, tmp_path, good, good, "ftp://x.example/a") == [
        (missing, "SourceNotFound"),
        (str(tmp_path / "bad.txt"), "UnreadableSource"),
        (str(tmp_path / "empty.txt"), "EmptyArticle"),
        (good, "Good news today."),
        (good, "Good news today."),
        (good, "Good news today."),
        ("ftp://x.example/a", "FetchError"),
    ]


def test_sources_are_named_and_read_only_when_wanted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("First.")
    sources = expand([tmp_path / "a.txt", tmp_path / "b"], settings=LIMITS)
    first = next(sources)
    (tmp_path / "a.txt").write_text("Changed.")
    assert first.load().text == "Changed."
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.txt").write_text("Later.")
    assert next(sources).load().text == "Later."


def test_a_source_can_be_loaded_again_and_its_repr_is_its_location(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("First.")
    (source,) = expand([tmp_path / "a.txt"], settings=LIMITS)
    assert source.load() == source.load()
    assert repr(source) == repr(Source(source.location, source.load))


@pytest.mark.parametrize("name", ["", "missing.txt", "a.txt/b", "\0", "a" * 5000])
def test_a_file_that_is_not_there_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text(PLAIN)
    with pytest.raises(SourceError):
        only(f"{tmp_path}/{name}" if name else name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound) as caught:
        only(tmp_path / "missing.txt")
    assert str(caught.value) == f"there is no '{tmp_path / 'missing.txt'}'"


def test_a_file_over_the_limit_is_too_large_and_one_at_it_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a" * 1000)
    assert len(only(tmp_path / "a.txt", Limits(max_bytes=1000)).text) == 1000
    with pytest.raises(SourceTooLarge, match="larger than 999 bytes"):
        only(tmp_path / "a.txt", Limits(max_bytes=999))


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse.txt").open("wb") as sparse:
        sparse.truncate(1 << 40)
    with pytest.raises(SourceTooLarge):
        only(tmp_path / "sparse.txt")


@POSIX
@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/tty", "/dev/random"])
def test_a_device_is_refused(path: str) -> None:
    with pytest.raises(SourceError):
        only(path)


@POSIX
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    for spec in (tmp_path / "a.txt", tmp_path):
        with pytest.raises(UnreadableSource, match="is a device or a pipe, not a file"):
            only(spec)


@POSIX
def test_links_are_followed_to_files_and_told_when_broken(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Good news today.")
    (tmp_path / "link.txt").symlink_to("a.txt")
    (tmp_path / "none.txt").symlink_to("gone.txt")
    (tmp_path / "self.txt").symlink_to("self.txt")
    (tmp_path / "round").symlink_to(tmp_path)
    assert outcomes(tmp_path) == [
        (str(tmp_path / "a.txt"), "Good news today."),
        (str(tmp_path / "link.txt"), "Good news today."),
        (str(tmp_path / "none.txt"), "SourceNotFound"),
        (str(tmp_path / "self.txt"), "SourceError"),
    ]
    with pytest.raises(SourceNotFound, match="is a link to nothing"):
        only(tmp_path / "none.txt")


@POSIX
@NOT_ROOT
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b.txt").write_text(PLAIN)
    (tmp_path / "a").chmod(0)
    (tmp_path / "b.txt").chmod(0)
    try:
        assert [what for _, what in outcomes(tmp_path)] == ["SourceError", "SourceError"]
        with pytest.raises(SourceError, match="may not be read: permission denied"):
            only(tmp_path / "a")
    finally:
        (tmp_path / "a").chmod(stat.S_IRWXU)


def test_a_directory_too_deep_for_recursion_is_walked(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(300):
        deep /= "d"
    deep.mkdir(parents=True)
    (deep / "a.txt").write_text("Good news today.")
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(250)
        found = [source.location for source in expand([tmp_path], settings=LIMITS)]
    finally:
        sys.setrecursionlimit(limit)
    assert found == [str(deep / "a.txt")]


# Standard input.


def test_a_dash_is_standard_input() -> None:
    article = only("-", stdin=PLAIN.encode())
    assert (article.text, article.location) == (PLAIN, "-")
    assert only("-", stdin=page().encode()).title == "Bridge to close"


def test_standard_input_has_the_same_limits() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1, /) -> bytes:
            self.given += size
            return b"a" * size

    endless = Endless()
    with pytest.raises(SourceTooLarge, match="standard input is larger than 5,000 bytes"):
        list(read("-", settings=Limits(max_bytes=5000), stdin=endless))  # type: ignore[arg-type]  # reads bytes
    assert endless.given <= 5001
    with pytest.raises(EmptyArticle, match="standard input holds no words"):
        only("-", stdin=b"")
    with pytest.raises(UnreadableSource, match="standard input is a PDF, not text"):
        only("-", stdin=b"%PDF-1.4\n\xff")


# Names in messages.


@POSIX
@pytest.mark.parametrize(
    "name",
    [
        b"a\nb.txt",
        b"\x1b[31mred.txt",
        b"a\rb.txt",
        b"\xff\xfe.txt",
        "\u202etxt.a".encode(),
        b"\x7f",
    ],
)
def test_a_hostile_file_name_reaches_neither_message_nor_location_raw(
    tmp_path: Path, name: bytes
) -> None:
    path = os.fsdecode(bytes(tmp_path) + b"/" + name)
    with pytest.raises(SourceNotFound) as caught:
        only(path)
    assert str(caught.value).isprintable()
    Path(path).write_text(PLAIN)
    article = only(path)
    assert article.location is not None
    assert article.location.isprintable()
    article.location.encode()


def test_an_ordinary_name_is_shown_as_it_is() -> None:
    for name in ("a b.txt", "Über-Öl.txt", "новость.txt", "記事.txt", "it's.txt", "👩‍🚒.txt"):
        assert shown(name) == name
    assert shown("a\n\x1b[0m\udcff\u202e.txt") == r"a\n\x1b[0m\xff\u202e.txt"


@given(st.text(st.characters(), max_size=300))
def test_every_name_is_shown_as_one_encodable_line(name: str) -> None:
    line = shown(name)
    line.encode()
    assert len((line + "x").splitlines()) == 1
    assert len(quoted(name)) <= 203


# URLs.


def test_a_url_gives_its_article(web: WebServer) -> None:
    web.routes["/2024/03/05/bridge?ref=x"] = lambda handler: handler.answer(page())
    spec = web.url("/2024/03/05/bridge?ref=x#top")
    article = only(spec)
    assert article.text == f"Bridge to close\n\n{PLAIN}"
    assert article.location == spec
    assert (article.url, article.url_from) == (web.url("/2024/03/05/bridge?ref=x"), "caller")
    assert (str(article.published), article.published_from) == ("2024-03-05", "url")


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("text/html; charset=windows-1251", "cp1251"),
        ("text/html", "cp1251"),
        ("text/html; charset=utf-8", "cp1251"),
        ('text/plain; charset="koi8-r"', "koi8_r"),
        ("text/plain", "utf-16"),
        (None, "utf-8"),
    ],
)
def test_what_a_server_says_of_the_encoding_is_a_hint(
    web: WebServer, content_type: str | None, encoding: str
) -> None:
    russian = "Глава города сообщил в понедельник, что старый мост закроют на ремонт до осени."
    web.routes["/"] = lambda handler: handler.answer(russian.encode(encoding), content_type)
    assert only(web.url()).text == russian


def test_a_type_that_is_missing_is_told_from_the_bytes(web: WebServer) -> None:
    web.routes["/page"] = lambda handler: handler.answer(page(), None)
    web.routes["/pdf"] = lambda handler: handler.answer(b"%PDF-1.7\n\xff", None)
    assert only(web.url("/page")).title == "Bridge to close"
    with pytest.raises(UnreadableSource, match="is a PDF, not text"):
        only(web.url("/pdf"))


def test_a_private_address_is_blocked_unless_a_setting_allows_it(web: WebServer) -> None:
    web.routes["/"] = lambda handler: handler.answer(page())
    with pytest.raises(BlockedAddress):
        only(web.url(), Limits(allow_private_urls=False))
    assert web.received == []
    assert only(web.url()).text.endswith(PARAGRAPHS[3])


def test_the_limits_of_the_settings_hold_for_a_url(web: WebServer) -> None:
    web.routes["/"] = lambda handler: handler.answer(page())
    with pytest.raises(SourceTooLarge, match="larger than 100 bytes"):
        only(web.url(), Limits(max_bytes=100))


def test_a_password_in_a_url_is_neither_sent_nor_shown() -> None:
    (source,) = expand(["http://me:hunter2@127.0.0.1/a"], settings=LIMITS)
    assert source.location == "http://127.0.0.1/a"
    with pytest.raises(FetchError) as caught:
        source.load()
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(source)


# Imports.


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import summarizer.sources", set()),
        ("list(read('a.txt', settings=L))", set()),
        ("list(read('cyrillic.txt', settings=L))", {"charset_normalizer"}),
        ("list(read('a.html', settings=L))", {"trafilatura", "lxml", "charset_normalizer"}),
    ],
)
def test_nothing_heavy_is_imported_that_a_source_does_not_need(
    tmp_path: Path, code: str, allowed: set[str]
) -> None:
    (tmp_path / "a.txt").write_text(PLAIN)
    (tmp_path / "cyrillic.txt").write_bytes("Мост закрыли на ремонт.".encode("cp1251"))
    (tmp_path / "a.html").write_text(page())
    program = (
        "import json, sys\nfrom summarizer.sources import read\n"
        "class L:\n    max_bytes, fetch_timeout, allow_private_urls = 10**6, 20.0, False\n"
        f"{code}\nprint(json.dumps(sorted(sys.modules)))"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=True, text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )  # fmt: skip
    heavy = {"trafilatura", "lxml", "charset_normalizer", "httpx", "httpcore", "pydantic"}
    assert heavy & set(json.loads(done.stdout)) == allowed
