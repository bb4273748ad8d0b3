# Serves a small Llama with random weights by llama.cpp itself, on this machine:
#
#   python3 random_llama.py FOLDER [OPTIONS] [-- COMMAND...]
#
# The Python needs the packages xllamacpp (llama.cpp, with its server) and gguf.
# Writes FOLDER/model.gguf, and FOLDER/url when the server listens. Serves while
# COMMAND runs, with settings that lead there, or until it is killed. What such a
# model answers is noise, so nothing but the server's grammar makes an answer
# right; and it is small enough that random_llama_check.py computes its
# probabilities without llama.cpp.

import argparse
import importlib.metadata
import os
import re
import subprocess
import sys
import time
from collections import Counter

import gguf
import numpy as np

WIDTH, HEADS, LAYERS, HIDDEN = 64, 4, 2, 192
EPSILON = 1e-5
# Wide enough that tokens differ: the next one is likely or not, never certain.
SPREAD = 1.5
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def byte_letters():
    """The printable letter that stands for each byte in GPT-2's vocabularies."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {b: chr(b) for b in plain}
    for n, b in enumerate(b for b in range(256) if b not in letters):
        letters[b] = chr(256 + n)
    return letters


def learn_merges(text, count):
    """Byte pair encoding: the pairs that occur most often, as tokens."""
    letters = byte_letters()
    words = Counter(re.findall(r" ?[A-Za-z]+| ?[^\sA-Za-z0-9]+|\s+", text))
    split = {w: [letters[b] for b in w.encode()] for w in words}
    merges = []
    while len(merges) < count:
        pairs = Counter()
        for word, times in words.items():
            for pair in zip(split[word], split[word][1:]):
                pairs[pair] += times
        best = max(pairs, key=lambda p: (pairs[p], p))
        merges.append(best)
        for word, parts in split.items():
            joined, i = [], 0
            while i < len(parts):
                if tuple(parts[i : i + 2]) == best:
                    joined.append(parts[i] + parts[i + 1])
                    i += 2
                else:
                    joined.append(parts[i])
                    i += 1
            split[word] = joined
    return merges


def make_weights(vocabulary, seed):
    random = np.random.default_rng(seed)

    def matrix(rows, columns):
        return (random.standard_normal((rows, columns)) / np.sqrt(columns)).astype(np.float32)

    weights = {
        "token_embd.weight": random.standard_normal((vocabulary, WIDTH)).astype(np.float32),
        "output_norm.weight": np.ones(WIDTH, np.float32),
        "output.weight": matrix(vocabulary, WIDTH) * np.float32(SPREAD),
    }
    for n in range(LAYERS):
        weights |= {
            f"blk.{n}.attn_norm.weight": np.ones(WIDTH, np.float32),
            f"blk.{n}.ffn_norm.weight": np.ones(WIDTH, np.float32),
            f"blk.{n}.ffn_gate.weight": matrix(HIDDEN, WIDTH),
            f"blk.{n}.ffn_up.weight": matrix(HIDDEN, WIDTH),
            f"blk.{n}.ffn_down.weight": matrix(WIDTH, HIDDEN),
        }
        for part in ("q", "k", "v", "output"):
            weights[f"blk.{n}.attn_{part}.weight"] = matrix(WIDTH, WIDTH)
    return weights


def make_model(path, seed, context):
    # The words of the prompts themselves.
    here = os.path.dirname(os.path.abspath(__file__))
    prompts = os.path.join(here, "..", "..", "..", "lib", "LLM", "prompts")
    text = "".join(open(os.path.join(prompts, name)).read() for name in ("planner.md", "coder.md"))
    # Labels of the planner are one token each, as they are in every large vocabulary.
    text += '"stop" stop ' * 100
    merges = learn_merges(text, 600)
    tokens = [*byte_letters().values(), *(a + b for a, b in merges), *SPECIAL]
    kinds = [gguf.TokenType.NORMAL] * (len(tokens) - len(SPECIAL)) + [gguf.TokenType.CONTROL] * len(SPECIAL)
    model = gguf.GGUFWriter(path, "llama")
    model.add_name("random-llama")
    model.add_context_length(context)
    model.add_embedding_length(WIDTH)
    model.add_block_count(LAYERS)
    model.add_feed_forward_length(HIDDEN)
    model.add_head_count(HEADS)
    model.add_head_count_kv(HEADS)
    model.add_rope_dimension_count(WIDTH // HEADS)
    model.add_layer_norm_rms_eps(EPSILON)
    model.add_vocab_size(len(tokens))
    model.add_tokenizer_model("gpt2")
    model.add_tokenizer_pre("gpt-2")
    model.add_token_list(tokens)
    model.add_token_types(kinds)
    model.add_token_merges([a + " " + b for a, b in merges])
    model.add_eos_token_id(tokens.index("<|im_end|>"))
    model.add_bos_token_id(tokens.index("<|endoftext|>"))
    model.add_add_bos_token(False)
    model.add_chat_template(TEMPLATE)
    for name, weight in make_weights(len(tokens), seed).items():
        model.add_tensor(name, weight)
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


def main():
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    command = sys.argv[split + 1 :]
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--api-key")
    parser.add_argument("--context", type=int, default=32768, help="tokens of a question and its answer")
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1, help="of the weights")
    arguments = parser.parse_args(sys.argv[1:split])
    os.makedirs(arguments.folder, exist_ok=True)
    path = os.path.join(arguments.folder, "model.gguf")
    make_model(path, arguments.seed, arguments.context)

    import xllamacpp

    # The last number of the package's version is llama.cpp's build; replies name the alias.
    package = importlib.metadata.version("xllamacpp")
    version = f"llama.cpp b{package.split('.')[-1]} of xllamacpp {package}"
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {version}
    params.n_ctx = arguments.context * arguments.parallel
    params.n_parallel = arguments.parallel
    params.hostnames = ["127.0.0.1"]
    params.port = arguments.port
    params.fit_params = False
    params.cpuparams.n_threads = 1
    params.sampling.seed = arguments.seed
    params.verbosity = 0 if command else params.verbosity
    if arguments.api_key:
        params.api_keys = [arguments.api_key]
    server = xllamacpp.Server(params)
    url = server.listening_address + "/v1"
    with open(os.path.join(arguments.folder, "url.part"), "w") as file:
        file.write(url + "\n")
    os.rename(file.name, os.path.join(arguments.folder, "url"))
    if command:
        settings = {
            "QIMENG_LLM_BASE_URL": url,
            "QIMENG_LLM_MODEL": f"llama.cpp, random weights (seed {arguments.seed})",
            "QIMENG_LLM_STRUCTURED": "gbnf",
        }
        code = subprocess.run(command, env={**settings, **os.environ}).returncode
        sys.stdout.flush()
        os._exit(code)  # not waiting for what the server still writes
    print(version, "at", url, flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
