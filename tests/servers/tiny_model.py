"""A llama of random weights in a GGUF file: a real model for a real server, and a tiny one.

It knows no language. What it writes under a grammar is what the grammar allows, in letters
drawn at random, so it proves that an answer fits a schema and nothing about its content.
"""

from __future__ import annotations

import random
import struct
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

_WIDTH: Final = 32
_FORWARD: Final = 64
_CONTEXT: Final = 32768

#: GGUF's numbers for the types of values and of tensors.
_UINT32, _INT32, _FLOAT32, _STRING, _ARRAY = 4, 5, 6, 8, 9
_F32: Final = 0

#: Kinds of tokens in a llama vocabulary.
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6

#: Each turn in its role's name; the last is begun for the model.
_TEMPLATE: Final = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n"
    "{% endfor %}assistant: "
)

#: Marks are likelier than letters, or a random string would hardly end. The end of the text
#: is hardly ever chosen but where a grammar leaves nothing else.
_BIASES: Final = {'"': 0.5, "]": 0.5, "{": 0.45, "n": 0.2, "</s>": -2.0}

_Value = int | float | str | Sequence[int] | Sequence[float] | Sequence[str]


def write(path: Path, *, seed: int = 1) -> None:
    """Write the model; the same seed gives the same bytes.

    `path` is a file of some 140 kB afterwards. The context is of 32768 tokens; a token is one
    character of ASCII or a byte.
    """
    tokens, kinds = _vocabulary()
    metadata: list[tuple[str, int, _Value]] = [
        ("general.architecture", _STRING, "llama"),
        ("general.name", _STRING, "tiny random llama"),
        ("llama.context_length", _UINT32, _CONTEXT),
        ("llama.embedding_length", _UINT32, _WIDTH),
        ("llama.block_count", _UINT32, 1),
        ("llama.feed_forward_length", _UINT32, _FORWARD),
        ("llama.rope.dimension_count", _UINT32, _WIDTH),
        # One head reads a long prompt four times as fast as four.
        ("llama.attention.head_count", _UINT32, 1),
        ("llama.attention.head_count_kv", _UINT32, 1),
        ("llama.attention.layer_norm_rms_epsilon", _FLOAT32, 1e-5),
        ("tokenizer.ggml.model", _STRING, "llama"),
        ("tokenizer.ggml.tokens", _STRING, tokens),
        ("tokenizer.ggml.scores", _FLOAT32, [0.0] * len(tokens)),
        ("tokenizer.ggml.token_type", _INT32, kinds),
        ("tokenizer.ggml.unknown_token_id", _UINT32, 0),
        ("tokenizer.ggml.bos_token_id", _UINT32, 1),
        ("tokenizer.ggml.eos_token_id", _UINT32, 2),
        ("tokenizer.chat_template", _STRING, _TEMPLATE),
    ]
    tensors = list(_tensors(random.Random(seed), tokens))
    head = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)))
    for key, kind, value in metadata:
        head += _text(key) + _valued(kind, value)
    body = bytearray()
    for name, shape, numbers in tensors:
        sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += _text(name) + sizes + struct.pack("<IQ", _F32, len(body))
        body += _padded(array("f", numbers).tobytes())
    path.write_bytes(_padded(bytes(head)) + body)


def _vocabulary() -> tuple[list[str], list[int]]:
    """Three control tokens, each byte, and each printable character of ASCII."""
    # "▁" is a space to this tokenizer.
    characters = ["▁", *(chr(code) for code in range(0x21, 0x7F))]
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *characters]
    kinds = [_UNKNOWN, _CONTROL, _CONTROL, *[_BYTE] * 256, *[_NORMAL] * len(characters)]
    return tokens, kinds


def _tensors(
    chance: random.Random, tokens: Sequence[str]
) -> Iterator[tuple[str, tuple[int, ...], list[float]]]:
    """Each tensor's name, its sizes with the innermost first, and its numbers."""

    def drawn(count: int, spread: float) -> list[float]:
        return [chance.gauss(0.0, spread) for _ in range(count)]

    square, ones = (_WIDTH, _WIDTH), [1.0] * _WIDTH
    words = (_WIDTH, len(tokens))
    # The first number of each embedding stays the largest, whatever the block adds. So the
    # first of an output row is that token's bias.
    embeddings = drawn(_WIDTH * len(tokens), 0.3)
    embeddings[::_WIDTH] = [4.0] * len(tokens)
    yield "token_embd.weight", words, embeddings
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        yield f"blk.0.{name}.weight", square, drawn(_WIDTH * _WIDTH, 0.1)
    yield "blk.0.attn_norm.weight", (_WIDTH,), ones
    yield "blk.0.ffn_norm.weight", (_WIDTH,), ones
    for name in ("ffn_gate", "ffn_up"):
        yield f"blk.0.{name}.weight", (_WIDTH, _FORWARD), drawn(_WIDTH * _FORWARD, 0.1)
    yield "blk.0.ffn_down.weight", (_FORWARD, _WIDTH), drawn(_WIDTH * _FORWARD, 0.1)
    yield "output_norm.weight", (_WIDTH,), ones
    outputs = drawn(_WIDTH * len(tokens), 0.3)
    outputs[::_WIDTH] = [_bias(token) for token in tokens]
    yield "output.weight", words, outputs


def _bias(token: str) -> float:
    if token in _BIASES:
        return _BIASES[token]
    return -0.5 if token.startswith("<0x") or token == "▁" else 0.0


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _valued(kind: int, value: _Value) -> bytes:
    """A value with its type before it; a list as an array of that type."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        packed = b"".join(_one(kind, item) for item in value)
        return struct.pack("<IIQ", _ARRAY, kind, len(value)) + packed
    return struct.pack("<I", kind) + _one(kind, value)


def _one(kind: int, value: float | str) -> bytes:
    if isinstance(value, str):
        return _text(value)
    return struct.pack({_UINT32: "<I", _INT32: "<i", _FLOAT32: "<f"}[kind], value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 32)
