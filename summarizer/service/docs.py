"""The page at `/docs`: what can be asked, and what each kind of problem means.

FastAPI's own page loads its scripts from another host. This one is plain HTML, made of the
OpenAPI document, and asks for nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from summarizer.service import problems

_STYLE: Final = """\
:root { color-scheme: light dark; font: 1rem/1.55 system-ui, sans-serif; }
body { max-width: 48rem; margin: 0 auto; padding: 2rem 1rem 6rem; }
h2 { margin-top: 3rem; } h3 { margin: 2rem 0 .25rem; }
code, pre { font: .9em/1.5 ui-monospace, monospace; }
code { overflow-wrap: anywhere; } pre code { overflow-wrap: normal; }
pre { overflow-x: auto; padding: .75rem 1rem; border: 1px solid #8886; border-radius: .375rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; }
th, td { padding: .375rem .75rem .375rem 0; vertical-align: top; border-bottom: 1px solid #8884; }
:target { outline: 2px solid; outline-offset: 4px; }
"""
_EXAMPLES: Final = """\
curl -s {base}/v1/summaries \\
  -H 'Authorization: Bearer KEY' -H 'Content-Type: text/plain' --data-binary @news.txt

curl -sN {base}/v1/summaries/stream \\
  -H 'Authorization: Bearer KEY' -H 'Content-Type: application/json' \\
  -d '{{"text": "The harbor bridge in Port Varn will close on Monday.", "published": "2031-03-14"}}'
"""


def router() -> APIRouter:
    """The route of the page; it needs no key."""
    made = APIRouter(include_in_schema=False)

    @made.get("/docs")
    async def docs(request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        page = "\n".join(_page(request.app.openapi(), base))
        return Response(page, media_type="text/html", headers=_HEADERS)

    return made


def _page(document: Mapping[str, Any], base: str) -> Iterator[str]:
    told = document["info"]
    title = f"{told['title']} {told['version']}"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>"
    yield f"<h1>{escape(title)}</h1>"
    for paragraph in told["description"].strip().split("\n\n"):
        yield f"<p>{_marked(paragraph)}</p>"
    yield '<p>The whole of it, for programs: <a href="openapi.json">openapi.json</a>. '
    yield 'A record: <a href="v1/schema">its JSON Schema</a>. <a href="./">The page</a>.</p>'
    yield f"<pre><code>{escape(_EXAMPLES.format(base=base))}</code></pre>"
    yield "<h2>Requests</h2>"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield from _operation(method.upper(), path, operation)
    yield "<h2>Problems</h2>\n<p>Every error is an RFC 9457 problem. Its kinds:</p>\n<table>"
    yield "<tr><th>type</th><th>status</th><th>what it means</th><th>later?</th></tr>"
    for kind in problems.kinds():
        means = f"{kind.title}. {kind.hint}"
        yield f'<tr id="{kind.name}"><td><code>#{kind.name}</code></td><td>{kind.status}</td>'
        yield f"<td>{_marked(means)}</td><td>{'yes' if kind.retryable else 'no'}</td></tr>"
    yield "</table>\n</main>\n</body>\n</html>\n"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h3><code>{method} {escape(path)}</code></h3>"
    yield f"<p><strong>{escape(operation['summary'])}</strong></p>"
    yield f"<p>{_marked(operation.get('description', ''))}</p>"
    parameters = operation.get("parameters", ())
    if parameters:
        yield "<ul>"
        for one in parameters:
            told = one.get("description") or one.get("schema", {}).get("description", "")
            yield f"<li><code>{escape(one['name'])}</code> ({one['in']}): {_marked(told)}</li>"
        yield "</ul>"


def _marked(text: str) -> str:
    """Escaped, and what stands between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))


_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}
