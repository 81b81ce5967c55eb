"""A Slack of our own: answers as it is told to, and keeps what it accepted."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Slack:
    """Listens on loopback. `answers` are given first, one a request, then `ok`."""

    def __init__(self):
        self.posts, self.bodies, self.answers = [], [], []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/T0/B0/x"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def handler(self):
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, seconds, *text = slack.take(body)
                time.sleep(seconds)
                said = text[0] if text else "ok" if status == 200 else "not now"
                self.answer(status, said.encode())

            def answer(self, status, text):
                try:
                    self.send_response(status)
                    if status == 429:
                        self.send_header("Retry-After", "1")
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    pass  # who hung up does not want the answer

            def log_message(self, *_):
                pass

        return Handler

    def take(self, body):
        """(status, seconds until it is said, and the text where it is not the usual one)."""
        with self.lock:
            self.bodies.append(body.decode())
            answer = self.answers.pop(0) if self.answers else (200, 0)
            if answer in ((200, 0), (200, 0, "ok")):
                self.posts.append(json.loads(body))
            return answer

    def about(self, text):
        """Posts that speak of something."""
        with self.lock:
            return [post for post in self.posts if text in json.dumps(post)]

    def asked_about(self, text):
        """How often it was asked to take something, whatever it answered."""
        with self.lock:
            return sum(text in body for body in self.bodies)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
