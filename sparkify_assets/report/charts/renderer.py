"""The process that draws pictures: a script of its own, so that its death is an error and not the end of its caller.

It gets ready for a version of Vega-Lite, reads one request from its standard input, and writes each picture as soon as
it is drawn, after its length. It imports nothing of this package: `pictures.py` decides what is drawn, and starts it.
"""

import json
import os
import struct
import sys

import vl_convert


def main() -> None:
    version = sys.argv[1]
    with os.fdopen(os.dup(1), "wb") as out:
        # What a library prints must not get between the pictures.
        os.dup2(2, 1)
        # The first picture takes as long as all others together.
        vl_convert.vegalite_to_png({"data": {"values": []}, "mark": "point"}, vl_version=version, allowed_base_urls=[])
        request = json.loads(sys.stdin.buffer.read() or "{}")
        for job in request.get("jobs", ()):
            drawn = vl_convert.vegalite_to_png(
                job["spec"],
                scale=job["scale"],
                vl_version=version,
                config=request["config"],
                allowed_base_urls=[],
            )
            out.write(struct.pack(">Q", len(drawn)) + drawn)
            out.flush()


if __name__ == "__main__":
    main()
