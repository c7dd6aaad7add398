"""A server on the official Python SDK, which shares no code with the JavaScript ones.

It serves both eras on one path, as the SDK does by default: sessions for the 2025 era,
single requests for the 2026-07-28 era. Arguments: `--port N`, `--host H`, `--journal FILE`.
It prints one line `listening URL` on standard output.
"""

from __future__ import annotations

import argparse
import json
import socket
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel

server = MCPServer(
    name="postern-test-python",
    version="1.0.0",
    instructions="A server on the Python SDK.",
    log_level="WARNING",
)


class Weather(BaseModel):
    """What `weather` answers: degrees Celsius and words."""

    city: str
    celsius: float
    summary: str


@server.tool(description="Answers with its argument")
def echo(message: str) -> str:
    return message


@server.tool(description="Adds two whole numbers of any size")
def add(a: int, b: int) -> int:
    return a + b


@server.tool(description="Structured content with an output schema")
def weather(city: str) -> Weather:
    return Weather(city=city, celsius=float(len(city)), summary=f"fair in {city}")


@server.tool(description="Reports progress for each step")
async def steps(count: int, ctx: Context) -> str:
    for step in range(1, count + 1):
        await ctx.report_progress(step, count, f"step {step}")
    return f"{count} steps"


@server.tool(description="Fails on purpose")
def fail() -> str:
    raise ValueError("this tool fails on purpose")


@server.prompt(description="Asks for a greeting")
def greet(name: str) -> str:
    return f"Please greet {name}."


@server.resource("python://readme", mime_type="text/plain")
def readme() -> str:
    return "A fixed text."


@server.resource("python://squares/{number}", mime_type="text/plain")
def square(number: str) -> str:
    return str(int(number) ** 2)


class Journal:
    """Writes one JSON line for each HTTP request before the application has all of its body.

    The lines have the shape of the JavaScript servers' journal:
    `{at, method, path, headers, body, bytes}`.
    """

    def __init__(self, app: Any, file: Path) -> None:
        self.app = app
        self.file = file
        file.write_text("")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = b""

        async def receive_and_note() -> Any:
            nonlocal body
            message = await receive()
            if message["type"] == "http.request":
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    self.write(scope, body)
            return message

        if scope["method"] == "POST":
            await self.app(scope, receive_and_note, send)
        else:
            self.write(scope, b"")
            await self.app(scope, receive, send)

    def write(self, scope: Any, body: bytes) -> None:
        """Appends the line of one request."""
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        line = {
            "at": datetime.now(timezone.utc).isoformat(),
            "method": scope["method"],
            "path": scope["path"],
            "headers": headers,
            "body": body.decode("utf-8", "replace"),
            "bytes": len(body),
        }
        with self.file.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(line, ensure_ascii=False) + "\n")


def main() -> None:
    """Listens first and then says where, so that port 0 works too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--journal", type=Path)
    arguments = parser.parse_args()
    app: Any = server.streamable_http_app(host=arguments.host)
    if arguments.journal:
        app = Journal(app, arguments.journal)
    listener = socket.create_server((arguments.host, arguments.port))
    print(f"listening http://{arguments.host}:{listener.getsockname()[1]}/mcp", flush=True)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
