"""A receiver of alerts: it keeps what is posted to it, and refuses it when a test says so."""

import http.server
import json
import threading


class Webhook:
    """`faults` holds statuses to answer the next posts with instead of taking them; `posts` has (path, headers, JSON) of all."""

    def __init__(self):
        self.posts, self.taken, self.faults = [], [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                post = (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                outer.posts.append(post)
                status = outer.faults.pop(0) if outer.faults else 200
                if status == 200:
                    outer.taken.append(post)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
