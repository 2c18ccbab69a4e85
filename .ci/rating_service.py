"""The service that examples/stages/reputation.yaml asks, for .ci/languages: prints the port it listens at. What it answers follows from the address that it is
asked about, so that stages in every language meet the same."""

import http.server

ANSWERS = {
    "203.0.113.3": (200, "not a rating", {}),
    "203.0.113.4": (503, "", {"Retry-After": "7"}),
    "203.0.113.5": (200, "101", {}),
    "203.0.113.6": (404, "", {}),
    "203.0.113.7": (302, "", {"Location": "http://127.0.0.1:1/"}),
    "203.0.113.8": (200, "9" * 100, {}),
}


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        address = self.path.rsplit("/", 1)[-1]
        status, body, headers = ANSWERS.get(address, (200, f" {int(address.rsplit('.', 1)[-1]) % 101}\n", {}))
        asked_well = self.headers["authorization"] == "Bearer t0ken-of-ci" and self.headers["x-request-id"].isdigit()
        self.send_response(status if asked_well else 401)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
print(server.server_port, flush=True)
server.serve_forever()
