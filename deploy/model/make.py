#!/usr/bin/env python3
"""Makes the models of this folder, and packs models of your own; README.md describes them.

usage: make.py encoder OUT.onnx      the encoder, some seconds
       make.py static OUT.onnx       the static table, distilled from the encoder, half a minute
       make.py pack MODEL.onnx OUT.onnx --name NAME --vocabulary FILE [--frame "cls sep"] [--weights "W0 W1 ... W10"]
                                     a model of your own as one file; without weights those of the encoder, until fit.py has run
"""
import argparse
import os
import sys
import time
from pathlib import Path

# One thread, so that sums are always in the same order.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

# w0, then the weights of b m a c ba ma b2 m2 a2 c2: see fit.py.
WEIGHTS = {
    "encoder": [4.833, -7.707, -7.695, 3.473, -4.694, -11.536, -2.221, 8.109, 10.456, 2.012, 1.955],
    "static": [3.578, 0.603, -17.347, 3.419, -2.0, -10.94, 5.445, -1.802, 15.757, 1.874, 0.679],
}


def say(share, text):
    """One line of progress on standard error."""
    print(f"{share:4.0%}  {text}", file=sys.stderr, flush=True)


def make_encoder(_):
    import encoder
    import graph

    say(0, "encoder: the weights of all-MiniLM-L6-v2")
    model = encoder.graph()
    say(0.4, "encoder: int8")
    model = encoder.quantised(model)
    say(0.9, "encoder: one file")
    return graph.finish(model, "encoder", encoder.vocabulary(), WEIGHTS["encoder"], "cls sep")


def make_static(_):
    import embed
    import encoder
    import graph
    import static

    say(0, "static: the weights of all-MiniLM-L6-v2")
    session = embed.session(encoder.graph(pooled=False).SerializeToString())
    vocabulary = encoder.vocabulary()
    told = [-1]

    def progress(share):
        tenth = int(share * 10)
        if tenth != told[0]:
            told[0] = tenth
            say(0.05 + 0.85 * share, f"static: {share:.0%} of {len(vocabulary)} pieces read by the encoder")

    table = static.raw_table(session, len(vocabulary), progress)
    say(0.95, f"static: {static.DIMENSIONS} components of {static.PIECES} pieces, int8")
    model, pieces = static.distilled(table, vocabulary)
    return graph.finish(model, "static", pieces, WEIGHTS["static"], "")


def make_pack(options):
    import graph
    import onnx

    model = onnx.load(options.model)
    pieces = Path(options.vocabulary).read_text("utf8").rstrip("\n").split("\n")
    weights = [float(number) for number in options.weights.split()] if options.weights else WEIGHTS["encoder"]
    return graph.finish(model, options.name, pieces, weights, options.frame)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, make in (("encoder", make_encoder), ("static", make_static)):
        command = commands.add_parser(name)
        command.add_argument("out", type=Path)
        command.set_defaults(make=make)
    command = commands.add_parser("pack")
    command.add_argument("model")
    command.add_argument("out", type=Path)
    command.add_argument("--name", required=True)
    command.add_argument("--vocabulary", required=True)
    command.add_argument("--frame", choices=["", "cls sep"], default="")
    command.add_argument("--weights")
    command.set_defaults(make=make_pack)
    return parser.parse_args()


def main():
    options, start = arguments(), time.monotonic()
    try:
        data = options.make(options)
    except ImportError as error:
        wanted = Path(__file__).parent / "requirements.txt"
        raise SystemExit(f"error: {error}\n  install what is needed: pip install --no-deps --requirement {wanted}") from None
    except (OSError, ValueError) as error:
        raise SystemExit(f"error: {error}") from None
    options.out.parent.mkdir(parents=True, exist_ok=True)
    # Moved into its place, so that a half-written one never counts.
    part = options.out.with_suffix(".part")
    part.write_bytes(data)
    part.replace(options.out)
    say(1, f"{options.out}: {len(data)} bytes after {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
