"""What can go wrong between us and a tracker, ready to be set as `site.fault`.

A maker gives a fault; `on`, `once`, `times` and `every` say when it strikes:
`site.fault = on("bulkfetch", once(too_many("2")))`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from pmsync.demo.server import Cut, Fault, Request, Response, Site, json_response

HTML = {"content-type": "text/html;charset=UTF-8"}
LOGIN_PAGE = b"<html><head><title>Log in</title></head><body><form id='login-form'></form></body></html>"
_SLOW_DOWN = "The request has been rate-limited. Please try again later."


def always(answer: Response | Cut) -> Fault:
    """The same answer to every request."""
    return lambda _: answer


def on(part: str, fault: Fault) -> Fault:
    """Only where the path contains `part`."""
    return lambda request: fault(request) if part in request.path else None


def times(count: int, fault: Fault) -> Fault:
    """Only the first `count` times."""
    left = [count]

    def strike(request: Request) -> Response | Cut | None:
        left[0] -= 1
        return fault(request) if left[0] >= 0 else None

    return strike


def once(fault: Fault) -> Fault:
    """Only the first time."""
    return times(1, fault)


def every(count: int, fault: Fault) -> Fault:
    """Every `count`th time."""
    seen = [0]

    def strike(request: Request) -> Response | Cut | None:
        seen[0] += 1
        return fault(request) if seen[0] % count == 0 else None

    return strike


def too_many(retry_after: str = "", *, html: bool = False, headers: Mapping[str, str] | None = None) -> Fault:
    """429, with `Retry-After` as given: seconds, a fraction, a date, or none."""
    known = {**({"retry-after": retry_after} if retry_after else {}), **(headers or {})}
    if html:
        return always(
            Response(status=429, headers={**HTML, **known}, body=b"<html><body>Too Many Requests</body></html>")
        )
    body = {"errorMessages": [_SLOW_DOWN], "errors": {}, "status": 429}
    return always(json_response(body, 429, known))


def broken(status: int = 503, retry_after: str = "") -> Fault:
    """An error page from the edge: 500, 502, 503, 504."""
    wait = {"retry-after": retry_after} if retry_after else {}
    page = f"<html><head><title>{status}</title></head><body>upstream trouble</body></html>"
    return always(Response(status=status, headers={**HTML, **wait}, body=page.encode()))


def cut(after_bytes: int = 20) -> Fault:
    """The connection ends in the middle of the answer, which the site has already acted on."""
    return always(Cut(after_bytes))


def login_page() -> Fault:
    """200 with HTML, as behind a single sign-on."""
    return always(Response(headers=HTML, body=LOGIN_PAGE))


def captcha() -> Fault:
    """403: the account must solve a captcha; every further try makes it worse."""
    denied = {"x-seraph-loginreason": "AUTHENTICATION_DENIED"}
    denied |= {"x-authentication-denied-reason": "CAPTCHA_CHALLENGE; login-url=http://localhost/login.jsp"}
    return always(Response(status=403, headers={**HTML, **denied}, body=LOGIN_PAGE))


def removed() -> Fault:
    """410: the endpoint is no more."""
    message = "The requested API has been removed. A full migration guideline is available."
    return always(json_response({"errorMessages": [message], "errors": {}}, 410))


def half(site: Site) -> Fault:
    """A complete answer whose JSON stops in the middle."""
    return answered(site, lambda body: body[: len(body) // 2])


def stranger(site: Site) -> Fault:
    """The token has died: the site is asked with a wrong one."""
    return asked(site, lambda request: replace(request, headers={**request.headers, "authorization": "Basic dead"}))


def short_pages(site: Site, size: int) -> Fault:
    """Pages of at most `size` issues, whatever was asked for (POST only)."""
    return asked(site, lambda request: replace(request, body=_json(request.json(), maxResults=size)))


def without(site: Site, name: str) -> Fault:
    """Answers that lack a top-level member, such as `isLast`."""
    return answered(site, lambda body: msgspec.json.encode({k: v for k, v in _read(body).items() if k != name}))


def stale_tokens() -> Fault:
    """Every next page token is refused as expired."""
    error = {"errorMessages": ["The provided next page token is invalid or expired."], "errors": {}}
    return lambda request: json_response(error, 400) if _token(request) else None


def same_token(site: Site) -> Fault:
    """The token of a page leads to that page again, for ever."""

    def strike(request: Request) -> Response | Cut | None:
        token = _token(request)
        return (
            answered(site, lambda body: _json(_read(body), nextPageToken=token, isLast=False))(request)
            if token
            else None
        )

    return strike


def empty_page() -> Fault:
    """A page in the middle without issues, but with a token that leads on. Use with `once`."""

    def strike(request: Request) -> Response | Cut | None:
        token = _token(request)  # one more "=" is another token, which means the same to the site
        return json_response({"issues": [], "nextPageToken": token + "=", "isLast": False}) if token else None

    return strike


def gateway(site: Site, prefix: str = "https://api.atlassian.com/ex/jira/11111111-2222") -> Fault:
    """`self` addresses that point elsewhere, as Cloud sends them since 2026: never to be followed with a token."""
    return answered(site, lambda body: re.sub(rb"http://[^/\"]+(?=[^\"]*/rest/)", prefix.encode(), body))


def asked(site: Site, change: Callable[[Request], Request]) -> Fault:
    """The site's answer to a changed request."""
    return lambda request: site.handle(change(request))


def answered(site: Site, change: Callable[[bytes], bytes]) -> Fault:
    """The site's answer with a changed body."""

    def strike(request: Request) -> Response:
        response = site.handle(request)
        return replace(response, body=change(response.body))

    return strike


def _read(body: bytes) -> dict[str, Any]:
    return msgspec.json.decode(body, type=dict[str, Any])


def _json(known: Mapping[str, Any], **changes: Any) -> bytes:
    return msgspec.json.encode({**known, **changes})


def _token(request: Request) -> str:
    token = request.json().get("nextPageToken") if request.method == "POST" else request.param("nextPageToken")
    return token or ""
