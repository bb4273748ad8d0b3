#!/usr/bin/env python3
#
# Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A language model's server for this machine, without a language model.

It speaks OpenAI's chat completions (POST /v1/chat/completions) and Anthropic's
messages (POST /v1/messages), as a whole or as a stream, on 127.0.0.1 alone. It
prints its address as its first line, and runs until it is ended.

  --hand-over DIR   Whoever reads and writes files is the model. Request number 7
                    becomes DIR/0007.request.json (as it came) and
                    DIR/0007.request.md (to read). The answer is the text of
                    DIR/0007.answer.md (or .txt), to be written under another
                    name and renamed. DIR/author.json says who answers, and is
                    read for each answer:
                        {"kind": "person", "name": "Ada"}
                        {"kind": "model", "name": "..", "version": ".."}
                    kind: person, script, built-in, or model; the last two need
                    a version ("not reported" where it is not known). It travels
                    with every answer.

  --script FILE     Answers and faults as written down, one JSON object a line;
                    a request takes the first line that fits and is not used up.
                      {"text": "hello"}                 an answer
                      {"text": "..", "finish": "length"}  cut at the token limit
                      {"status": 500, "error": "words"} an error
                      {"status": 429, "retry_after": "2"}  seconds or an HTTP date
                      {"status": 307, "location": "http://.."}
                      {"reject": "response_format", "text": ".."}
                                  400 for requests with that field, else the text
                      {"logprobs": {"A": -0.1, "B": -2.5}}  where asked for
                      {"fault": "cut"}        ends within the answer
                      {"fault": "close"}      ends before the answer
                      {"fault": "silent", "seconds": 5}   nothing for so long
                      {"fault": "drip", "seconds": 0.1}   a byte each so long
                      {"fault": "bad-json"}, "bad-utf8", "deep-json",
                      "wrong-schema"          the reply is not what it should be
                      {"fault": "oversized", "bytes": 1000000}
                      {"fault": "headers"}    headers without end
                    Any line may have
                      "times": 3              for so many requests; 0: for all
                      "match": "words"        only where the request holds them
                      "delay": 0.5            seconds before it answers
                      "usage": [120, 30]      tokens of the prompt and the answer
                      "author": {"kind": .., "name": .., "version": ..}
                      "model": ".."           the model's name in the reply
                    {key} in a text or error is the key that came: an echo.

  --log FILE        A JSON line for each request: when, where to, the body, and
                    the SHA-256 of the key (never the key).
  --tls             HTTPS with a self-signed certificate made by openssl, whose
                    path is the second line printed.

An example, as two shells:

  mkdir talk && echo '{"kind": "person", "name": "Ada"}' > talk/author.json
  python3 chat_endpoint.py --hand-over talk --port 8099

  export QIMENG_LLM_BASE_URL=http://127.0.0.1:8099/v1 QIMENG_LLM_MODEL=hand-over
  (use a tool that asks models; read talk/0001.request.md, and)
  echo 'my answer' > talk/x && mv talk/x talk/0001.answer.md
"""

import argparse
import datetime
import hashlib
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KINDS = ("model", "person", "built-in", "script")
# Authors who are not the same without their version.
VERSIONED = ("model", "built-in")
FAULTS = ("cut", "close", "silent", "drip", "bad-json", "bad-utf8", "deep-json", "wrong-schema", "oversized", "headers")
MEMBERS = {
    "text", "finish", "status", "error", "retry_after", "location", "reject", "logprobs", "fault", "seconds", "bytes",
    "times", "match", "delay", "usage", "author", "model",
}
MAX_REQUEST_BYTES = 64 << 20


def write_aside(path, text):
    """There is all of the file or none of it."""
    handle, aside = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".aside.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(aside, 0o644)
    os.rename(aside, path)


class Stop(Exception):
    """What is wrong, for the person who started the server."""


class Gone(Exception):
    """The client went away."""


# === Where answers come from ==============================================


class Script:
    def __init__(self, path):
        self.name = os.path.basename(path)
        self.entries = []
        self.lock = threading.Lock()
        with open(path, encoding="utf-8") as file:
            for row, line in enumerate(file, 1):
                if line.strip():
                    self.entries.append(self.read(f"{path}:{row}", line))

    @staticmethod
    def read(where, line):
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise Stop(f"{where}: not JSON: {error}") from None
        if not isinstance(entry, dict):
            raise Stop(f"{where}: expected a JSON object")
        unknown = set(entry) - MEMBERS
        if unknown:
            raise Stop(f"{where}: unknown member {sorted(unknown)[0]!r}; there are {', '.join(sorted(MEMBERS))}")
        if "fault" in entry and entry["fault"] not in FAULTS:
            raise Stop(f"{where}: unknown fault {entry['fault']!r}; there are {', '.join(FAULTS)}")
        entry["left"] = entry.get("times", 1) or float("inf")
        return entry

    def answer(self, request):
        """An entry, whose author is the script where it names none."""
        with self.lock:
            for entry in self.entries:
                if entry["left"] > 0 and entry.get("match", "") in request.raw:
                    entry["left"] -= 1
                    return {"author": {"kind": "script", "name": self.name}, **entry}
        return {"status": 400, "error": "the script has no line for this request"}


class HandOver:
    def __init__(self, folder):
        self.folder = folder
        self.lock = threading.Lock()
        os.makedirs(folder, exist_ok=True)
        self.author()
        numbers = [int(name[:4]) for name in os.listdir(folder) if re.match(r"\d{4}\.", name)]
        self.next = max(numbers, default=0) + 1
        # Requests whose client went away, by their bytes: one that comes again is
        # the same request, and its answer may be there by now.
        self.orphans = {}

    def author(self):
        path = os.path.join(self.folder, "author.json")
        try:
            with open(path, encoding="utf-8") as file:
                author = json.load(file)
            kind, name, version = author["kind"], author["name"], author.get("version", "")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            kind, name, version = "", "", ""
        if kind not in KINDS or not isinstance(name, str) or not name or not isinstance(version, str):
            raise Stop(f"{path} must say who answers, as in {{\"kind\": \"person\", \"name\": \"Ada\"}}; "
                       f"kinds are {', '.join(KINDS)}")
        if kind in VERSIONED and not version:
            raise Stop(f"{path} must say which \"version\" of {name} answers, as its kind is {kind}; where nobody knows it, "
                       "that is \"not reported\"")
        return {"kind": kind, "name": name, **({"version": version} if version else {})}

    def answer(self, request):
        with self.lock:
            same = self.orphans.get(request.raw)
            if same:
                stem = same.pop()
            else:
                stem = os.path.join(self.folder, f"{self.next:04d}")
                self.next += 1
                # The .md first: who sees the .json finds both.
                write_aside(stem + ".request.md", request.readable())
                write_aside(stem + ".request.json", json.dumps(request.body, indent=1, ensure_ascii=False) + "\n")
        beat = time.monotonic()
        while True:
            for suffix in (".answer.md", ".answer.txt"):
                try:
                    with open(stem + suffix, encoding="utf-8") as file:
                        text = file.read()
                except FileNotFoundError:
                    continue
                except (OSError, UnicodeError) as error:
                    return {"status": 400, "error": f"{os.path.basename(stem)}{suffix}: {error}"}
                if text:
                    try:
                        return {"text": text, "author": self.author()}
                    except Stop as error:
                        return {"status": 400, "error": str(error)}
            time.sleep(0.02)
            if time.monotonic() - beat > 1:
                beat = time.monotonic()
                try:
                    request.keep_alive()
                except OSError:
                    with self.lock:
                        self.orphans.setdefault(request.raw, []).insert(0, stem)
                    raise Gone from None


# === The protocols ========================================================


class Request:
    def __init__(self, handler, raw):
        self.handler = handler
        self.raw = raw
        self.body = json.loads(raw)
        self.anthropic = handler.path.endswith("/messages")
        self.stream = bool(self.body.get("stream"))
        self.started = False
        self.key = handler.headers.get("x-api-key") or re.sub("^Bearer ", "", handler.headers.get("Authorization", ""))

    def turns(self):
        system = self.body.get("system", "")
        if system:
            yield "system", system
        for message in self.body.get("messages", []):
            yield message.get("role", "?"), message.get("content", "")

    def schema(self):
        if self.anthropic:
            tools = self.body.get("tools") or [{}]
            return tools[0].get("input_schema")
        return (self.body.get("response_format") or {}).get("json_schema", {}).get("schema")

    def readable(self):
        """For a person: all that is asked, and the form of the answer."""
        parts = [f"# Request to {self.body.get('model', 'a model')}\n"]
        for role, text in self.turns():
            parts.append(f"## {role}\n\n{text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)}\n")
        if self.schema():
            parts.append("## The answer\n\nOne JSON value that satisfies this schema, and nothing else:\n\n```json\n"
                         f"{json.dumps(self.schema(), indent=1, ensure_ascii=False)}\n```\n")
        if self.body.get("grammar"):
            parts.append(f"## The answer's grammar\n\n```\n{self.body['grammar']}\n```\n")
        return "\n".join(parts)

    # A stream begins with the first sign of life, so that a client which waits
    # for a person does not take the server for dead.
    def begin_stream(self):
        if not self.started:
            self.started = True
            self.handler.send_response(200)
            self.handler.send_header("Content-Type", "text/event-stream")
            self.handler.send_header("Transfer-Encoding", "chunked")
            self.handler.end_headers()

    def chunk(self, data):
        self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.handler.wfile.flush()

    def keep_alive(self):
        if self.stream:
            self.begin_stream()
            self.chunk(b": waiting\n\n")
            return
        # Without a stream nothing may be sent; a closed connection can be read.
        connection = self.handler.connection
        connection.setblocking(False)
        try:
            if not isinstance(connection, ssl.SSLSocket) and connection.recv(1, 2) == b"":  # 2: MSG_PEEK
                raise OSError("closed")
        except BlockingIOError:
            pass
        finally:
            connection.settimeout(None)

    def usage(self, entry, text):
        estimate = [len(self.raw) // 4 + 1, len(text) // 4 + 1]
        return entry.get("usage", estimate)

    def whole(self, entry):
        """The reply's JSON."""
        text = entry.get("text", "")
        prompt, answer = self.usage(entry, text)
        name = entry.get("model", self.body.get("model", "unnamed"))
        author = {"x_qimeng_author": entry["author"]} if entry.get("author", {}).get("kind") else {}
        cut = entry.get("finish") == "length"
        if self.anthropic:
            return {"id": "msg_1", "type": "message", "role": "assistant", "model": name,
                    "content": [self.block(text)], "stop_reason": "max_tokens" if cut else "end_turn",
                    "usage": {"input_tokens": prompt, "output_tokens": answer}, **author}
        choice = {"index": 0, "message": {"role": "assistant", "content": text},
                  "finish_reason": "length" if cut else "stop"}
        if "logprobs" in entry and self.body.get("logprobs"):
            tops = [{"token": token, "logprob": value} for token, value in entry["logprobs"].items()]
            tops.sort(key=lambda top: -top["logprob"])
            choice["logprobs"] = {"content": [{**tops[0], "top_logprobs": tops[: self.body.get("top_logprobs", 20)]}]}
            choice["message"]["content"] = tops[0]["token"]
        return {"id": "chatcmpl-1", "object": "chat.completion", "created": int(time.time()), "model": name,
                "choices": [choice],
                "usage": {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer},
                **author}

    def block(self, text):
        """An answer by a schema is the input of the tool that stands for it."""
        if self.body.get("tool_choice"):
            bare = re.sub(r"^\s*```\w*\n(.*?)\n?```\s*$", r"\1", text, flags=re.S)
            try:
                value = json.loads(bare)
            except ValueError:
                value = None
            if isinstance(value, dict):
                return {"type": "tool_use", "id": "toolu_1", "name": self.body["tool_choice"].get("name"),
                        "input": value}
        return {"type": "text", "text": text}

    def events(self, entry):
        """The same reply as the data of a stream's events."""
        reply = self.whole(entry)
        if not self.anthropic:
            text = reply["choices"][0]["message"]["content"]
            head = {"id": reply["id"], "object": "chat.completion.chunk", "created": reply["created"],
                    "model": reply["model"]}
            if "x_qimeng_author" in reply:
                head["x_qimeng_author"] = reply["x_qimeng_author"]

            def event(delta, reason=None):
                return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

            yield event({"role": "assistant", "content": ""})
            for piece in pieces(text):
                yield event({"content": piece})
            yield event({}, reply["choices"][0]["finish_reason"])
            if (self.body.get("stream_options") or {}).get("include_usage"):
                yield {**head, "choices": [], "usage": reply["usage"]}
            yield "[DONE]"
            return
        block = reply.pop("content")[0]
        reason, usage = reply.pop("stop_reason"), reply.pop("usage")
        start = {**reply, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
        yield {"type": "message_start", "message": start}
        tool = block["type"] == "tool_use"
        yield {"type": "content_block_start", "index": 0,
               "content_block": {**block, "input": {}} if tool else {"type": "text", "text": ""}}
        yield {"type": "ping"}
        for piece in pieces(json.dumps(block["input"], ensure_ascii=False) if tool else block["text"]):
            yield {"type": "content_block_delta", "index": 0,
                   "delta": {"type": "input_json_delta", "partial_json": piece} if tool
                   else {"type": "text_delta", "text": piece}}
        yield {"type": "content_block_stop", "index": 0}
        yield {"type": "message_delta", "delta": {"stop_reason": reason},
               "usage": {"output_tokens": usage["output_tokens"]}}
        yield {"type": "message_stop"}

    def stream_bytes(self, entry):
        for event in self.events(entry):
            data = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
            name = f"event: {event['type']}\n" if self.anthropic else ""
            yield f"{name}data: {data}\n\n".encode()


def pieces(text):
    """Cuts at places that no reader may rely on."""
    size = max(1, (len(text) + 4) // 5)
    return [text[at : at + size] for at in range(0, len(text), size)]


# === The server ===========================================================


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "qimeng-chat-endpoint"

    def log_message(self, *_):
        pass

    def do_POST(self):
        try:
            self.serve()
        except Gone:
            self.close_connection = True
        except OSError:
            # The client went away, or the script cut it off.
            self.close_connection = True

    def do_GET(self):
        self.send_json(404, {"error": {"message": "POST /v1/chat/completions or /v1/messages"}})

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= MAX_REQUEST_BYTES:
            self.close_connection = True
            return self.send_json(413, {"error": {"message": f"a request has 1 to {MAX_REQUEST_BYTES} bytes"}})
        raw = self.rfile.read(length).decode("utf-8", "replace")
        if not self.path.endswith(("/chat/completions", "/messages")):
            return self.do_GET()
        try:
            request = Request(self, raw)
        except (ValueError, AttributeError):
            return self.send_json(400, {"error": {"message": "the request is not a JSON object"}})
        self.server.note(request)
        entry = self.server.source.answer(request)
        for name in ("text", "error"):
            if name in entry:
                entry[name] = entry[name].replace("{key}", request.key)
        time.sleep(entry.get("delay", 0))
        rejected = entry.get("reject")
        if rejected and rejected in request.body:
            message = entry.get("error", f"Unsupported parameter: '{rejected}' is not supported")
            return self.send_json(400, {"error": {"message": message, "param": rejected}})
        if entry.get("status", 200) != 200:
            return self.send_status(entry)
        if "fault" in entry:
            return self.misbehave(request, entry)
        if not request.stream:
            return self.send_json(200, request.whole(entry))
        request.begin_stream()
        for data in request.stream_bytes(entry):
            request.chunk(data)
        self.wfile.write(b"0\r\n\r\n")

    def send_status(self, entry):
        headers = {}
        if "retry_after" in entry:
            headers["Retry-After"] = entry["retry_after"]
        if "location" in entry:
            headers["Location"] = entry["location"]
        self.send_json(entry["status"], {"error": {"message": entry.get("error", "as the script says")}}, headers)

    def send_json(self, status, value, headers=None):
        self.send_bytes(status, json.dumps(value, ensure_ascii=False).encode(), headers)

    def send_bytes(self, status, data, headers=None, claimed=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data) if claimed is None else claimed))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def misbehave(self, request, entry):
        fault = entry["fault"]
        entry.setdefault("text", "the answer that a fault keeps back")
        self.close_connection = True
        if fault == "close":
            return
        if fault == "silent":
            time.sleep(entry.get("seconds", 5))
        elif fault == "headers":
            self.send_response_only(200)
            self.flush_headers()
            for number in range(100000):
                self.wfile.write(b"X-%d: %s\r\n" % (number, b"x" * 80))
        elif fault == "oversized":
            size = entry.get("bytes", 1 << 20)
            self.send_bytes(200, b'{"choices": [{"message": {"content": "', claimed=size)
            while size > 0:
                size -= self.wfile.write(b"x" * min(size, 65536))
        elif fault == "wrong-schema":
            self.send_json(200, {"unexpected": True})
        elif fault == "deep-json":
            self.send_bytes(200, b'{"choices": ' + b"[" * 100000 + b"]" * 100000 + b"}")
        else:
            self.send_broken(request, entry)

    def send_broken(self, request, entry):
        """The right reply, broken in transit."""
        fault = entry["fault"]
        data = json.dumps(request.whole(entry)).encode()
        if request.stream:
            data = b"".join(request.stream_bytes(entry))
        middle = data.index(b"answer") if b"answer" in data else len(data) // 2
        if fault == "bad-json":
            data = data.replace(b'":', b'"', 3)
        elif fault == "bad-utf8":
            data = data[:middle] + b"\xc3\x28\xff" + data[middle:]
        if fault == "cut":
            return self.send_bytes(200, data[: len(data) // 2], claimed=len(data))
        if fault != "drip":
            return self.send_bytes(200, data)
        self.send_bytes(200, b"", claimed=len(data))
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(entry.get("seconds", 0.1))


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, source, log):
        super().__init__(("127.0.0.1", port), Handler)
        self.source = source
        self.log = log
        self.lock = threading.Lock()

    def handle_error(self, request, client_address):
        # A client that breaks off, or that rejects the certificate.
        pass

    def note(self, request):
        if not self.log:
            return
        digest = hashlib.sha256(request.key.encode()).hexdigest() if request.key else ""
        line = json.dumps({"time": datetime.datetime.now().timestamp(), "path": request.handler.path,
                           "key_sha256": digest, "body": request.body}, ensure_ascii=False)
        with self.lock, open(self.log, "a", encoding="utf-8") as file:
            file.write(line + "\n")


def make_certificate(folder, host):
    certificate, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
    name = f"IP:{host}" if re.match(r"[\d.]+$", host) else f"DNS:{host}"
    try:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "2", "-subj", "/CN=qimeng-chat-endpoint", "-addext",
                        f"subjectAltName={name}", "-keyout", key, "-out", certificate],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise Stop("--tls needs the program openssl; install it") from None
    except subprocess.CalledProcessError as error:
        raise Stop(f"openssl makes no certificate: {error.stderr.decode(errors='replace').strip()}") from None
    return certificate, key


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--hand-over", metavar="DIR", help="requests become files in DIR, answers are read from there")
    source.add_argument("--script", metavar="FILE", help="answers and faults as FILE says")
    parser.add_argument("--port", type=int, default=0, help="of 127.0.0.1; without it, a free one")
    parser.add_argument("--log", metavar="FILE", help="append a line for each request")
    parser.add_argument("--tls", action="store_true", help="HTTPS with a self-signed certificate")
    parser.add_argument("--tls-host", metavar="NAME", default="127.0.0.1",
                        help="whom the certificate names (default: 127.0.0.1)")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
    arguments = parser.parse_args()
    folder = tempfile.TemporaryDirectory(prefix="qimeng-endpoint.") if arguments.tls else None
    try:
        return serve(arguments, folder and folder.name)
    finally:
        if folder:
            folder.cleanup()


def serve(arguments, folder):
    try:
        answers = Script(arguments.script) if arguments.script else HandOver(arguments.hand_over)
        server = Server(arguments.port, answers, arguments.log)
        address = f"http://127.0.0.1:{server.server_address[1]}/v1"
        if arguments.tls:
            certificate, key = make_certificate(folder, arguments.tls_host)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            # The handshake is made by the thread that serves the request.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            address = address.replace("http:", "https:")
    except (Stop, OSError, OverflowError, UnicodeError) as error:
        print(f"chat_endpoint.py: {error}", file=sys.stderr)
        return 1
    print(address, flush=True)
    if arguments.tls:
        print(certificate, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        if arguments.until_eof:
            while sys.stdin.buffer.read(4096):
                pass
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
