"""The official Python SDK as a client; `--mode` is its own: auto, legacy or a version.

Arguments and the printed line are those of the JavaScript drivers (driver.mjs):
`--endpoint URL [--token T] [--tool NAME [--args JSON]] [--prompt NAME] [--read URI]
[--complete JSON] [--log LEVEL] [--answer] [--mode auto]`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import warnings
from typing import Any

import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPError

LIMIT_SECONDS = 30
METHOD_NOT_FOUND = -32601
MODERN = "2026-07-28"


async def answer_form(_: Any, params: Any) -> types.ElicitResult:
    """Accepts a form with the default of each field, else a fixed answer of its type."""
    fixed = {"string": "answer", "integer": 1, "number": 1, "boolean": True}
    schema = getattr(params, "requested_schema", None) or {}
    fields = schema.get("properties", {})
    content = {key: field.get("default", fixed.get(field.get("type"))) for key, field in fields.items()}
    return types.ElicitResult(action="accept", content={k: v for k, v in content.items() if v is not None})


async def answer_sampling(_: Any, __: Any) -> types.CreateMessageResult:
    content = types.TextContent(type="text", text="sampled")
    return types.CreateMessageResult(role="assistant", model="none", content=content)


async def answer_roots(_: Any) -> types.ListRootsResult:
    return types.ListRootsResult(roots=[types.Root(uri="file:///workspace", name="workspace")])


async def names(listing: Any, key: str, member: str) -> list[str]:
    """One member of each entry of all pages; a server without the list has none."""
    found: list[str] = []
    cursor: str | None = None
    for _ in range(100):
        try:
            page = await listing(cursor=cursor)
        except MCPError as error:
            if error.error.code == METHOD_NOT_FOUND:
                return []
            raise
        found += [str(getattr(entry, member)) for entry in getattr(page, key)]
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise RuntimeError(f"{key}: more than a hundred pages")


def dump(value: Any) -> Any:
    """A model as it is on the wire."""
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


async def complete(client: Client, params: dict[str, Any]) -> Any:
    """Asks for completions; `params` are those of `completion/complete`."""
    kinds = {"ref/prompt": types.PromptReference, "ref/resource": types.ResourceTemplateReference}
    ref = kinds[params["ref"]["type"]].model_validate(params["ref"])
    return await client.complete(ref, params["argument"])


def first_cause(error: BaseException) -> BaseException:
    """The error inside the groups that task groups wrap around it."""
    while getattr(error, "exceptions", ()):
        error = error.exceptions[0]  # type: ignore[attr-defined]
    return error


def describe(error: BaseException) -> dict[str, Any]:
    """What is known of an error: of a JSON-RPC error its code and data, of HTTP the status."""
    error = first_cause(error)
    described: dict[str, Any] = {"name": type(error).__name__, "message": str(error)}
    if isinstance(error, MCPError):
        described |= {"code": error.error.code, "data": error.error.data}
    response = getattr(error, "response", None)
    if response is not None:
        described["status"] = response.status_code
    return described


async def session(settings: argparse.Namespace, report: dict[str, Any]) -> None:
    """Connects, lists all and calls the tool, and notes it all in the report."""
    headers = {"Authorization": f"Bearer {settings.token}"} if settings.token else {}
    callbacks: dict[str, Any] = {}
    if settings.answer:
        callbacks = {
            "elicitation_callback": answer_form,
            "sampling_callback": answer_sampling,
            "list_roots_callback": answer_roots,
        }

    async def logged(params: types.LoggingMessageNotificationParams) -> None:
        report["logs"].append(dump(params))

    # In the 2025 era the level is a request of its own, below.
    callbacks |= {"logging_callback": logged, "log_level": settings.log}
    info = types.Implementation(name="postern-test-python", version="1.0.0")

    async def noted(response: Any) -> None:
        report["statuses"].append(response.status_code)

    async with create_mcp_http_client(headers=headers) as http:
        http.event_hooks["response"].append(noted)
        transport = streamable_http_client(settings.endpoint, http_client=http)
        async with Client(transport, mode=settings.mode, client_info=info, **callbacks) as client:
            report["negotiated"] = client.protocol_version
            report["tools"] = await names(client.list_tools, "tools", "name")
            report["prompts"] = await names(client.list_prompts, "prompts", "name")
            report["resources"] = await names(client.list_resources, "resources", "uri")
            report["templates"] = await names(client.list_resource_templates, "resource_templates", "uri_template")
            if settings.log is not None and client.protocol_version < MODERN:
                await client.set_logging_level(settings.log)
            if settings.prompt is not None:
                report["prompt"] = dump(await client.get_prompt(settings.prompt, settings.args))
            if settings.read is not None:
                report["read"] = dump(await client.read_resource(settings.read))
            if settings.complete is not None:
                report["completion"] = dump(await complete(client, settings.complete))["completion"]
            if settings.tool is None:
                return

            async def progressed(progress: float, _: float | None, __: str | None) -> None:
                report["progress"].append(progress)

            result = await client.call_tool(settings.tool, settings.args, progress_callback=progressed)
            report["result"] = dump(result)


def main() -> int:
    """Prints one line of JSON; the status is 0 without an error, else 1."""
    warnings.simplefilter("ignore")  # the levels of the 2025 era are deprecated, and still tested
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--token")
    parser.add_argument("--tool")
    parser.add_argument("--args", type=json.loads, default={})
    parser.add_argument("--prompt")
    parser.add_argument("--read")
    parser.add_argument("--complete", type=json.loads)
    parser.add_argument("--log")
    parser.add_argument("--answer", action="store_true")
    parser.add_argument("--mode", default="auto")
    settings = parser.parse_args()
    report: dict[str, Any] = {"client": "pypi mcp", "era": settings.mode, "negotiated": None}
    report |= {"tools": [], "prompts": [], "resources": [], "templates": []}
    report |= {"result": None, "prompt": None, "read": None, "completion": None}
    report |= {"progress": [], "logs": [], "statuses": [], "error": None}
    try:
        asyncio.run(asyncio.wait_for(session(settings, report), LIMIT_SECONDS))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # task groups wrap errors in groups of any kind
        report["error"] = describe(error)
    print(json.dumps(report, ensure_ascii=False))
    return 0 if report["error"] is None else 1


if __name__ == "__main__":
    sys.exit(main())
