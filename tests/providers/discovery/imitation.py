"""A process that answers as an engine does: `imitation.py ROUTES.json` prints its port and serves.

Run it under the name of the engine's program to be one, under another to be something that fronts it.
"""

import http.server
import json
import sys
import threading
import time
from pathlib import Path


def main() -> None:
    """Serve the routes: target -> {status, headers, body | raw, after}."""
    routes = json.loads(Path(sys.argv[-1]).read_text())

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the base class names it
            route = routes.get(self.path, {"status": 404, "body": {"error": "not found"}})
            time.sleep(route.get("after", 0))
            body = (route["raw"] if "raw" in route else json.dumps(route["body"])).encode()
            self.send_response_only(route.get("status", 200))
            for name, value in {"Content-Type": "application/json", **route.get("headers", {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:  # the base class names it
            self.log_prompt()

        def log_prompt(self) -> None:
            sys.stderr.write("something was posted\n")
            self.send_error(500)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)  # noqa: T201  # how the test learns the port
    threading.Thread(target=sys.stdin.read, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
