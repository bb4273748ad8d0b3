# Compares the scores of labels in a transcript (--llm-record) with what the
# model of random_llama.py gives them:
#
#   python3 random_llama_check.py FOLDER TRANSCRIPT
#
# The model is computed here with NumPy from FOLDER/model.gguf; the server only
# turns text into tokens. A label's probability is that of all ways to write it
# as tokens, each after those before it (teacher forcing), with and without
# white space or a quotation mark before it; the softmax over the labels is what
# the planner goes by.

import json
import os
import sys
import urllib.request

import gguf
import numpy as np
from random_llama import EPSILON, HEADS, LAYERS, WIDTH, byte_letters


def load(folder):
    reader = gguf.GGUFReader(os.path.join(folder, "model.gguf"))
    weights = {t.name: np.array(t.data, np.float64).reshape(t.shape[::-1]) for t in reader.tensors}
    field = reader.fields["tokenizer.ggml.tokens"]
    return weights, [bytes(field.parts[i]).decode() for i in field.data]


def norm(x):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON)


def rotate(x):
    """Pairs of neighbours turn by their position, the first ones fastest."""
    size = x.shape[-1]
    angles = np.arange(x.shape[0])[:, None] * 10000.0 ** (-np.arange(0, size, 2) / size)
    c, s = np.cos(angles)[:, None], np.sin(angles)[:, None]
    out = np.empty_like(x)
    out[..., 0::2] = x[..., 0::2] * c - x[..., 1::2] * s
    out[..., 1::2] = x[..., 0::2] * s + x[..., 1::2] * c
    return out


def next_token(weights, tokens, last):
    """Log-probabilities of the token after each of the last ones."""
    x = weights["token_embd.weight"][tokens]
    n, size = len(tokens), WIDTH // HEADS
    for layer in range(LAYERS):
        w = lambda name: weights[f"blk.{layer}.{name}.weight"].T  # noqa: E731
        h = norm(x)
        q = rotate((h @ w("attn_q")).reshape(n, HEADS, size))
        k = rotate((h @ w("attn_k")).reshape(n, HEADS, size))
        v = (h @ w("attn_v")).reshape(n, HEADS, size)
        mixed = np.empty((n, HEADS, size))
        for begin in range(0, n, 512):
            rows = np.arange(begin, min(n, begin + 512))
            scores = np.einsum("qhs,khs->hqk", q[rows], k) / np.sqrt(size)
            scores[:, rows[:, None] < np.arange(n)] = -np.inf
            p = np.exp(scores - scores.max(-1, keepdims=True))
            mixed[rows] = np.einsum("hqk,khs->qhs", p / p.sum(-1, keepdims=True), v)
        x = x + mixed.reshape(n, WIDTH) @ w("attn_output")
        h = norm(x)
        gate = h @ w("ffn_gate")
        x = x + (gate / (1 + np.exp(-gate)) * (h @ w("ffn_up"))) @ w("ffn_down")
    logits = norm(x[-last:]) @ weights["output.weight"].T
    top = logits.max(-1, keepdims=True)
    return logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))


def spellings(text, tokens):
    """All sequences of tokens that make `text`; the first may begin with white space or a quotation mark."""
    found = []

    def go(rest, path):
        if not rest:
            found.append(path)
        for number, token in enumerate(tokens):
            piece = token if path else token.lstrip(" \t\r\n\"")
            if piece and rest.startswith(piece):
                go(rest[len(piece) :], [*path, number])

    go(text, [])
    return found


def softmax(logs):
    p = np.exp(np.array(logs) - max(logs))
    return p / p.sum()


def main():
    folder, transcript = sys.argv[1:]
    url = open(os.path.join(folder, "url")).read().strip().removesuffix("/v1")

    def server(path, body):
        return json.load(urllib.request.urlopen(url + path, json.dumps(body).encode()))

    weights, letters = load(folder)
    back = {letter: byte for byte, letter in byte_letters().items()}
    # Of special tokens, no text.
    tokens = [
        bytes(back[c] for c in t).decode("utf-8", "replace") if all(c in back for c in t) and t[:2] != "<|" else ""
        for t in letters
    ]
    count, worst, worst_share = 0, 0.0, 0.0
    for line in open(transcript):
        exchange = json.loads(line)
        if "scores" not in exchange:
            continue
        request = exchange["request"]
        messages = [{"role": m["role"], "content": m["text"]} for m in request["messages"]]
        if request["system"]:
            messages.insert(0, {"role": "system", "content": request["system"]})
        prompt = server("/apply-template", {"messages": messages})["prompt"]
        sent = server("/tokenize", {"content": prompt, "add_special": True, "parse_special": True})["tokens"]
        logs, scores = [], exchange["scores"]["values"]
        first = next_token(weights, sent, 1)[0]
        for label in request["choices"]:
            total = 0.0
            for path in spellings(label, tokens):
                log = first[path[0]]
                if len(path) > 1:
                    rest = next_token(weights, sent + path[:-1], len(path) - 1)
                    log += sum(rest[i][t] for i, t in enumerate(path[1:]))
                total += np.exp(log)
            logs.append(np.log(total))
        count += 1
        worst = max(worst, np.abs(np.array(logs) - scores).max())
        worst_share = max(worst_share, np.abs(softmax(logs) - softmax(scores)).max())
        if np.argmax(logs) != np.argmax(scores):
            sys.exit(f"question {count}: the best label is another one")
    print(f"{count} questions scored; log-probabilities differ by {worst:.4f} at most, shares by {worst_share:.4f}")
    if not count or worst > 0.05 or worst_share > 0.01:
        sys.exit("the scores are not the model's")


if __name__ == "__main__":
    main()
