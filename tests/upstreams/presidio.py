"""The analyzer of Presidio behind `POST /analyze`, as its own server answers it.

All of its pattern recognisers, and a blank spaCy model: it splits texts into words, which is what context needs, and knows no
names. Nothing is downloaded. Arguments: `--port N`. It prints one line `listening URL` on standard output.
"""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine, AnalyzerRequest, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine


class BlankEngine(SpacyNlpEngine):
    """Words, and nothing that a model would have to know."""

    def load(self) -> None:
        self.nlp = {"en": spacy.blank("en")}


def make_engine() -> AnalyzerEngine:
    # The list of domains that comes with the package, instead of today's from the network.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    nlp_engine = BlankEngine(models=[{"lang_code": "en", "model_name": "blank"}])
    nlp_engine.load()
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=nlp_engine)
    return AnalyzerEngine(registry=registry, nlp_engine=nlp_engine, supported_languages=["en"])


def analyze(engine: AnalyzerEngine, body: bytes) -> tuple[int, Any]:
    """Status and answer for a body, with the errors of Presidio's own server."""
    try:
        request = AnalyzerRequest(json.loads(body))
        if not request.text:
            raise Exception("No text provided")
        if not request.language:
            raise Exception("No language provided")
        found = engine.analyze(
            text=request.text,
            language=request.language,
            correlation_id=request.correlation_id,
            score_threshold=request.score_threshold,
            entities=request.entities,
            return_decision_process=request.return_decision_process,
            ad_hoc_recognizers=request.ad_hoc_recognizers,
            context=request.context,
        )
        return 200, [item.to_dict() for item in found]
    except TypeError as error:
        return 400, {"error": f"Failed to parse /analyze request. {error.args[0]}"}
    except Exception as error:  # noqa: BLE001 - the server answers every error
        return 500, {"error": str(error.args[0])}


def serve(port: int) -> None:
    engine = make_engine()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, answer = analyze(engine, body) if self.path == "/analyze" else (404, {"error": "not found"})
            text = json.dumps(answer, default=lambda item: item.to_dict(), sort_keys=True).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Nothing: texts are nobody's business."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(f"listening http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    serve(parser.parse_args().port)
