"""What kind of file some bytes are, if they are not text."""

from __future__ import annotations

import re

#: First bytes of formats that no text begins with.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"8BPS", "a Photoshop image"),
    (b"%!PS", "a PostScript file"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"\xfe\xed\xfa\xce", "a program"),
    (b"\xfe\xed\xfa\xcf", "a program"),
    (b"\xce\xfa\xed\xfe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\x00asm", "a WebAssembly module"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"OggS\x00", "an Ogg file"),
    (b"fLaC\x00", "a FLAC audio file"),
    (b"ID3\x02", "an MP3 audio file"),
    (b"ID3\x03", "an MP3 audio file"),
    (b"ID3\x04", "an MP3 audio file"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"PAR1", "a Parquet file"),
    (b"bplist00", "a binary property list"),
)
#: First bytes that a text may begin with too: they count only beside other signs.
_WEAK_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "a Windows program"),
    (b"BM", "a BMP image"),
    (b"ID3", "an MP3 audio file"),
)
#: The part's name in a ZIP archive that tells what the archive is, in this order.
_ZIP_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"mimetypeapplication/epub+zip", "an EPUB book"),
    (b"mimetypeapplication/vnd.oasis.opendocument", "an OpenDocument file"),
    (b"word/", "a Word document"),
    (b"xl/", "an Excel workbook"),
    (b"ppt/", "a PowerPoint presentation"),
    (b"META-INF/MANIFEST.MF", "a Java archive"),
)
_RIFF_KINDS = {b"WEBP": "a WebP image", b"WAVE": "a WAV audio file", b"AVI ": "an AVI video"}
_BZIP2_BLOCK = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b") | {0x7F})
_LOOKED_AT = 65536


def kind(data: bytes) -> str | None:
    """What the file seems to be, e.g. "a PDF", or None if nothing says it is not text.

    The answer is for a sentence: "report.pdf is a PDF, not text".
    """
    if data.startswith(b"PK\x03\x04"):
        head = data[:_LOOKED_AT]
        return next((name for mark, name in _ZIP_KINDS if mark in head), "a ZIP archive")
    if data.startswith(b"RIFF") and data[8:12] in _RIFF_KINDS:
        return _RIFF_KINDS[data[8:12]]
    if data[4:8] == b"ftyp" and not data[0]:
        return "an MP4 video or HEIF image"
    if data[257:262] == b"ustar":
        return "a tar archive"
    for mark, name in _SIGNATURES:
        if data.startswith(mark) and (mark != b"BZh" or _BZIP2_BLOCK.match(data)):
            return name
    if controls(data[:_LOOKED_AT]):
        return next((name for mark, name in _WEAK_SIGNATURES if data.startswith(mark)), None)
    return None


def controls(data: bytes) -> int:
    """How many control bytes there are that text has no use for, NUL included."""
    return len(data) - len(data.translate(None, _CONTROLS))
