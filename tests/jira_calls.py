"""Ask a demo Jira directly, without a socket."""

import base64
import json

from pmsync.demo.server import Request

GOOD = "Basic " + base64.b64encode(b"demo@example.org:demo-token").decode()


class Caller:
    """`get` and `post` give the JSON of an answer; `answer` is the last whole answer."""

    def __init__(self, site, authorization=None):
        self.site = site
        self.authorization = authorization or (GOOD if site.cloud else "Bearer demo-token")

    def get(self, path, **query):
        words = {name: [str(value)] for name, value in query.items()}
        return self._send(Request(method="GET", path=path, query=words, headers=self._headers()))

    def post(self, path, **body):
        headers = {**self._headers(), "content-type": "application/json"}
        return self._send(Request(method="POST", path=path, headers=headers, body=json.dumps(body).encode()))

    def walk(self, path, key, **body):
        """All pages of a token-paged endpoint."""
        pages = [self.post(path, **body)]
        while token := pages[-1].get("nextPageToken"):
            pages.append(self.post(path, **body, nextPageToken=token))
        return [row for page in pages for row in page[key]]

    def search(self, jql, fields=("key",), **rest):
        return self.walk("/rest/api/2/search/jql", "issues", jql=jql, fields=list(fields), **rest)

    def keys(self, jql):
        return [issue["key"] for issue in self.search(jql)]

    def _headers(self):
        return {"authorization": self.authorization, "host": "jira.test"}

    def _send(self, request):
        self.answer = self.site.fault(request) if self.site.fault else None
        self.answer = self.answer or self.site.handle(request)
        self.status = self.answer.status
        return json.loads(self.answer.body) if "json" in self.answer.headers["content-type"] else self.answer.body
