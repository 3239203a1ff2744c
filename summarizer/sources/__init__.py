"""Paths, directories, standard input, HTML and URLs -> Articles.

`expand` names sources and loads each when it is wanted, so that one bad file is one error;
`count` tells how many there are; `read` is for when one spec is all there is; `from_bytes` and
`from_html` do no I/O.
Importing this imports neither httpx nor trafilatura: only a URL and a page need them.
"""

from summarizer.sources.articles import from_bytes, from_html
from summarizer.sources.listing import Source, SourceSettings, count, expand, read
from summarizer.sources.rows import Columns

__all__ = [
    "Columns",
    "Source",
    "SourceSettings",
    "count",
    "expand",
    "from_bytes",
    "from_html",
    "read",
]
