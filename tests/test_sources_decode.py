"""Facts about decoding: what is text, in which encoding, and what is not text."""

from __future__ import annotations

import codecs
import encodings
import gzip
import io
import lzma
import random
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer.errors import EmptyArticle, SourceError, UnreadableSource
from summarizer.sources import from_bytes
from summarizer.sources.decode import NotText, decode

SENTENCES = {
    "ru": "Глава города сообщил в понедельник, что старый мост закроют на ремонт до осени.",
    "uk": "Міська рада ухвалила рішення закрити старий міст на ремонт, повідомляє її пресслужба.",
    "bg": "Кметът обяви в понеделник, че старият мост ще бъде затворен за ремонт до есента.",
    "en": "The mayor said “we’re ready” and left. Nobody else spoke — or wanted to.",
    "fr": "Le maire a annoncé à la presse que le pont serait fermé. « C’est décidé », a-t-il dit.",
    "de": "Der Bürgermeister äußerte sich über die Brücke. Für die Öffentlichkeit wäre es später.",
    "es": "El alcalde anunció mañana una reunión en España. ¿Qué dirá? Pidió más información.",
    "pl": "Burmistrz zapowiedział, że most zostanie zamknięty w środę. Rząd podpisał już umowę.",
    "cs": "Předseda vlády oznámil, že most bude příští týden uzavřen. Žádné podrobnosti nejsou.",
    "tr": "Belediye başkanı, köprünün gelecek hafta kapatılacağını açıkladı. Görüşmeler sürüyor.",
    "el": "Ο δήμαρχος ανακοίνωσε ότι η γέφυρα θα κλείσει την επόμενη εβδομάδα για επισκευές.",
    "he": "ראש העיר הודיע כי הגשר ייסגר בשבוע הבא לצורך תיקונים, כך נמסר ממשרדו.",
    "ar": "أعلن رئيس البلدية أن الجسر سيغلق الأسبوع المقبل للإصلاح، وفقا لبيان صادر عن مكتبه.",
    "lt": "Meras pareiškė, kad tiltas kitą savaitę bus uždarytas remontui. Žiniasklaida jau rašė.",
    "th": "นายกเทศมนตรีประกาศว่าจะปิดสะพานเก่าเพื่อซ่อมแซมในสัปดาห์หน้า",
    "ja": "市長は来週、古い橋を修理のために閉鎖すると発表した。詳細はまだ明らかになっていない。",
    "zh": "市长宣布下周将关闭旧桥进行维修。有关细节尚未公布。",
    "zh-tw": "市長宣布下週將關閉舊橋進行維修。有關細節尚未公布。",
    "ko": "시장은 다음 주 수리를 위해 옛 다리를 폐쇄할 것이라고 발표했다. 자세한 내용은 없다.",
}
ENCODINGS = [
    ("ru", "cp1251"), ("ru", "koi8_r"), ("ru", "iso8859_5"), ("ru", "cp866"), ("uk", "cp1251"),
    ("uk", "koi8_u"), ("bg", "cp1251"), ("en", "cp1252"), ("fr", "cp1252"), ("de", "cp1252"),
    ("de", "iso8859_1"), ("es", "cp1252"), ("pl", "cp1250"), ("pl", "iso8859_2"),
    ("cs", "cp1250"), ("cs", "iso8859_2"), ("tr", "cp1254"), ("tr", "iso8859_9"),
    ("el", "cp1253"), ("el", "iso8859_7"), ("he", "cp1255"), ("ar", "cp1256"), ("lt", "cp1257"),
    ("th", "cp874"), ("ja", "cp932"), ("ja", "euc_jp"), ("ja", "iso2022_jp"), ("zh", "gb18030"),
    ("zh-tw", "big5"), ("ko", "cp949"),
]  # fmt: skip
ENGLISH = "The minister met the mayor in the town hall on Monday and they discussed schools. "


@pytest.mark.parametrize(("language", "encoding"), ENCODINGS)
@pytest.mark.parametrize("lines", [1, 5])
def test_the_encoding_of_a_sentence_or_more_is_detected(
    language: str, encoding: str, lines: int
) -> None:
    text = "\n".join([SENTENCES[language]] * lines)
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "text",
    [
        "It’s late.", "“Yes,” he said.", "café", "The café closed.", "She paid £5m for it.",
        "It cost €5.", "El Niño", "Malmö and Århus", "naïve Beyoncé Zürich", "one … two",
        "temperatures hit 40°C", "• one\n• two", "‘Yes’, she said", "a – b — c", "3 × 4 = 12",
        ENGLISH + "It’s done.", ENGLISH * 30 + "It’s done.",
        ENGLISH * 5 + "José García and Zoë Müller spoke.", ENGLISH * 3 + "“We won,” he said.",
    ],
)  # fmt: skip
def test_a_western_text_with_few_bytes_beyond_ascii_comes_out_right(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize(("language", "encoding"), [("zh", "gb18030"), ("ja", "cp932")])
@pytest.mark.parametrize("start", ["", "a"])
def test_a_long_line_without_spaces_is_decoded(language: str, encoding: str, start: str) -> None:
    text = start + SENTENCES[language] * 3000
    assert decode(text.encode(encoding)) == text


def test_telling_bytes_far_into_a_text_are_seen() -> None:
    text = ENGLISH * 20_000 + "\n" + SENTENCES["ru"]
    assert decode(text.encode("cp1251")) == text


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(text=TEXT)
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_tells_the_encoding_and_is_no_part_of_the_text(
    mark: bytes, encoding: str, text: str
) -> None:
    assert decode(mark + text.encode(encoding)) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map("ﬁrst é ".__add__))
@example("é\r\nfoo\rbar\nbaz\u2028end\x85")
def test_utf8_is_kept_to_the_character(text: str) -> None:
    assert decode(text.encode()) == text


@pytest.mark.parametrize("language", ["en", "ru", "ja", "zh", "ar"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_are_told_without_a_mark(language: str, encoding: str) -> None:
    text = f"{SENTENCES[language]}\n{SENTENCES[language]}\n"
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n", "\n\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "utf-16"])
def test_line_ends_stay_as_they_are(ends: str, encoding: str) -> None:
    text = SENTENCES["ru"] + ends + SENTENCES["ru"] + ends
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("windows-1251", "cp1251"), ("x-cp1251", "cp1251"), ("KOI8-R", "koi8_r"),
        ("x-mac-cyrillic", "mac_cyrillic"), (" Windows-1251 ", "cp1251"),
    ],
)  # fmt: skip
def test_a_declared_encoding_is_used(label: str, encoding: str) -> None:
    assert decode(SENTENCES["ru"].encode(encoding), declared=[label]) == SENTENCES["ru"]


def test_a_declared_encoding_decides_where_bytes_alone_cannot() -> None:
    assert decode("Erdoğan".encode("cp1254"), declared=["iso-8859-9"]) == "Erdoğan"
    assert decode("Łódź".encode("iso8859_2"), declared=["ISO-8859-2"]) == "Łódź"
    assert decode("It’s".encode("mac_roman"), declared=["macintosh"]) == "It’s"


@pytest.mark.parametrize(
    "label",
    [
        "utf-8", "us-ascii", "iso-8859-1", "windows-1252", "shift_jis", "utf-16", "utf-7",
        "rot13", "zlib", "idna", "unicode_escape", "no-such-thing", "", "a" * 1000, "\0", "é",
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_passed_over(label: str) -> None:
    for language, encoding in (("ru", "cp1251"), ("ru", "koi8_r"), ("ru", "utf-8")):
        text = SENTENCES[language] * 3
        assert decode(text.encode(encoding), declared=[label]) == text


def test_a_label_that_is_not_known_leaves_nothing_behind() -> None:
    kept = set(vars(encodings)["_cache"])
    decode("Ж".encode("cp1251"), declared=["no-such-1", "x-no-such-2", "rot13", "zlib"])
    assert set(vars(encodings)["_cache"]) - kept <= {"cp1251"}


def test_cyrillic_declared_as_another_cyrillic_table_is_told_by_its_case() -> None:
    text = SENTENCES["ru"] * 3
    assert decode(text.encode("koi8_r"), declared=["windows-1251"]) == text
    assert decode(text.encode("cp1251"), declared=["koi8-r"]) == text


def test_the_first_declaration_that_fits_is_used() -> None:
    data = "Łódź".encode("cp1250")
    assert decode(data, declared=["utf-8", "windows-1250", "windows-1252"]) == "Łódź"


def test_damaged_utf8_is_refused_with_the_place_of_the_damage() -> None:
    data = (SENTENCES["ru"] * 3).encode()
    with pytest.raises(NotText, match="is UTF-8 with damage at byte 10"):
        decode(data[:10] + b"\xff" + data[10:])


def test_damage_in_a_page_is_shown_as_a_browser_does() -> None:
    data = (SENTENCES["ru"] * 3).encode()
    assert decode(data[:10] + b"\xff" + data[10:], lenient=True).count("\ufffd") == 1


def archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr("a.txt", "hello")
    return packed.getvalue()


def office(folder: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr("[Content_Types].xml", "<x/>")
        zipped.writestr(f"{folder}/document.xml", "<x/>")
    return packed.getvalue()


def tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tarred:
        tarred.addfile(tarfile.TarInfo("a.txt"))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"GIF89a\x01\0\x01\0", "a GIF image"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "a WebP image"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a WAV audio file"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "an MP4 video or HEIF image"),
        (b"ID3\x04\0\0\0\0\0\0", "an MP3 audio file"),
        (b"BM\x46\0\0\0\0\0\0\0", "a BMP image"),
        (b"MZ\x90\0\x03\0\0\0", "a Windows program"),
        (b"\x7fELF\2\1\1\0", "a program"),
        (b"{\\rtf1\\ansi hello}", "an RTF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "an old Microsoft Office document"),
        (b"SQLite format 3\0\x10\0", "an SQLite database"),
        (gzip.compress(b"hello", mtime=0), "a gzip archive"),
        (lzma.compress(b"hello"), "an xz archive"),
        (b"\x28\xb5\x2f\xfd\x20\x05", "a zstd archive"),
        (archive(), "a ZIP archive"),
        (office("word"), "a Word document"),
        (office("xl"), "an Excel workbook"),
        (office("ppt"), "a PowerPoint presentation"),
        (tar(), "a tar archive"),
    ],
)
def test_a_binary_file_is_named_in_one_sentence(data: bytes, kind: str) -> None:
    with pytest.raises(UnreadableSource) as caught:
        from_bytes(data, location="report.bin")
    assert str(caught.value) == f"'report.bin' is {kind}, not text"


@pytest.mark.parametrize(
    "text", ["BMW sells cars.", "MZ is a code.", "BZh is no word.", "PK is a place.", "GIF is one."]
)
def test_a_text_that_begins_like_a_binary_file_is_text(text: str) -> None:
    assert decode(text.encode()) == text


@pytest.mark.parametrize(
    "data",
    [
        b"hello\0world",
        b"\0" * 1000,
        b"\x01\x02\x03\x04\x05" * 100,
        zlib.compress(bytes(range(256)) * 4),
        random.Random(1).randbytes(200),
        random.Random(2).randbytes(4096),
        random.Random(3).randbytes(100_000),
        codecs.BOM_UTF16_LE + b"a\0\0\0b\0",
        codecs.BOM_UTF16_LE + b"a\0\x00\xd8",
        codecs.BOM_UTF8 + b"\xff",
    ],
)
def test_binary_data_of_no_known_kind_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableSource, match=r"^'x' .*"):
        from_bytes(data, location="x")


def test_a_text_with_a_stray_control_character_is_text() -> None:
    text = ENGLISH * 5 + "\x1b[1mbold\x1b[0m \x07\x1a"
    assert decode(text.encode()) == text


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b" \r\n\t", b"...", b"---\n"])
def test_an_input_without_words_is_empty(data: bytes) -> None:
    with pytest.raises(EmptyArticle, match="'x' holds no words"):
        from_bytes(data, location="x")


@given(data=st.binary(max_size=400))
@example(data=b"\x1b$)C\x0e!!")
@example(data=b"<html><p>\xff\xfe")
@example(data=b"<?xml version='1.0'?><rss>")
@pytest.mark.parametrize("content_type", [None, "text/html; charset=utf-16", "text/html"])
def test_any_bytes_are_an_article_or_a_source_error(data: bytes, content_type: str | None) -> None:
    failure = ""
    try:
        article = from_bytes(data, location="x", content_type=content_type)
    except SourceError as error:
        failure = str(error)
    else:
        article.text.encode()
        assert "\0" not in article.text
    assert failure == "" or failure.startswith("'x' ")
