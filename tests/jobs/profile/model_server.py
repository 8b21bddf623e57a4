"""A model behind HTTP, as other people run them: answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = {"summary": "Writes about gardens.", "topics": ["gardens"], "sentiment": 0.5, "language": "en"}


@dataclass
class ModelServer:
    """What it answers next, and what it was asked."""

    port: int = 0
    replies: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)  # Any: JSON
    asked: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)  # Any: JSON

    def openai(self, answer: object = GOOD, *, tokens: tuple[int, int] = (900, 60)) -> None:
        """Answer the next request as OpenAI's API does."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
        self.replies.append((200, {}, {"choices": [{"message": {"content": text}}], "usage": usage}))

    def anthropic(self, answer: object = GOOD) -> None:
        """Answer the next request as Anthropic's API does."""
        content = [{"type": "text", "text": f"```json\n{json.dumps(answer)}\n```"}]
        self.replies.append(
            (200, {}, {"content": content, "usage": {"input_tokens": 900, "output_tokens": 60}})
        )

    def refuse(self, status: int, **headers: str) -> None:
        """Answer the next request with an error."""
        self.replies.append((status, {k.replace("_", "-"): v for k, v in headers.items()}, {"error": "no"}))

    def settings(self, path: str = "/v1/chat/completions") -> dict[str, Any]:  # Any: settings
        """Settings that lead here."""
        return {
            "analyser": "http", "analyser_url": f"http://127.0.0.1:{self.port}{path}", "analyser_model": "m-1",
            "analyser_price_in": 2.0, "analyser_price_out": 10.0, "analyser_timeout_s": 5.0,
        }  # fmt: skip


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Serve on a free port until the end of the block."""
    told = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            told.asked.append((dict(self.headers), json.loads(self.rfile.read(length))))
            status, headers, body = told.replies.pop(0)
            sent = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(sent))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.port = server.server_address[1]
        thread = threading.Thread(target=lambda: server.serve_forever(0.05))
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
