#!/usr/bin/env python3
"""An issuer of tokens for the tests: RFC 7662 on a free port of the loopback, printed on the first line.

The token good-NAME is NAME's, with the scope mail; others-NAME has another scope; anything else is not active.
"""
import http.server
import json
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        token = urllib.parse.parse_qs(body).get("token", [""])[0]
        kind, _, name = token.partition("-")
        facts = {"active": False}
        if self.headers["Authorization"] == "Basic bWF5Zmx5Om9wZW4=" and kind in ("good", "others"):    # mayfly:open
            facts = {"active": True, "username": name, "scope": "mail read" if kind == "good" else "calendar"}
        self.send_response(500 if token == "broken" else 200)
        self.end_headers()
        self.wfile.write(json.dumps(facts).encode())

    def log_message(self, *args):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
