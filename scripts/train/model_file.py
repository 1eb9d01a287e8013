"""The model file: safetensors with the graph as JSON in its metadata. Twin of `src/nn/model-file.ts`."""
import json
import struct
from pathlib import Path

import numpy as np

_DTYPES = {np.dtype(np.float32): "F32", np.dtype(np.uint32): "U32", np.dtype(np.int8): "I8", np.dtype(np.float16): "F16"}
_TYPES = {name: dtype for dtype, name in _DTYPES.items()}


def write(path: Path, graph: dict, tensors: dict[str, np.ndarray]) -> int:
    """Writes float32, float16, uint32 and int8 tensors, the largest elements first: their offsets stay aligned. → bytes written."""
    header: dict = {"__metadata__": {"format": "xnorcam", "graph": json.dumps(graph, separators=(",", ":"))}}
    offset = 0
    tensors = dict(sorted(tensors.items(), key=lambda item: -item[1].itemsize))
    for name, tensor in tensors.items():
        header[name] = {
            "dtype": _DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + tensor.nbytes],
        }
        offset += tensor.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = struct.pack("<Q", len(text)) + text + b"".join(np.ascontiguousarray(t).tobytes() for t in tensors.values())
    path.write_bytes(data)
    return len(data)


def read(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """→ graph and tensors."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    graph = json.loads(header.pop("__metadata__")["graph"])
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], _TYPES[entry["dtype"]]).reshape(entry["shape"])
    return graph, tensors


def pack_signs(signs: np.ndarray) -> np.ndarray:
    """(…, channels) bool → (…, words) uint32: the lowest channel in the least significant bit."""
    channels = signs.shape[-1]
    padded = np.pad(signs, [(0, 0)] * (signs.ndim - 1) + [(0, -channels % 32)])
    words = padded.reshape(*signs.shape[:-1], -1, 32).astype(np.uint32)
    return (words << np.arange(32, dtype=np.uint32)).sum(-1, dtype=np.uint32)


def unpack_signs(words: np.ndarray, channels: int) -> np.ndarray:
    """(…, words) uint32 → (…, channels) int8, ±1."""
    bits = (words[..., None] >> np.arange(32, dtype=np.uint32)) & 1
    return bits.reshape(*words.shape[:-1], -1)[..., :channels].astype(np.int8) * 2 - 1
