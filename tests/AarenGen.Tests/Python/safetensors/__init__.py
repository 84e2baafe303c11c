"""Stands in for the package of the same name where Python lacks it: what the tests use of it, written after its format."""
import json
import struct

import torch as pytorch  # A module of this package is called torch, too.

TYPES = {
    "F64": pytorch.float64, "F32": pytorch.float32, "F16": pytorch.float16, "BF16": pytorch.bfloat16, "I64": pytorch.int64,
    "U8": pytorch.uint8,
}


class safe_open:
    def __init__(self, path, framework):
        self.data = open(path, "rb").read()
        self.start = 8 + struct.unpack("<Q", self.data[:8])[0]
        self.header = json.loads(self.data[8:self.start])
        self.entries = self.header.pop("__metadata__", None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def metadata(self):
        return self.entries

    def keys(self):
        return list(self.header)

    def get_tensor(self, name):
        entry = self.header[name]
        first, end = (self.start + offset for offset in entry["data_offsets"])
        return pytorch.frombuffer(bytearray(self.data[first:end]), dtype=TYPES[entry["dtype"]]).view(entry["shape"])
