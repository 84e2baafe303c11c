#!/usr/bin/python3
"""The models of the golden files in plain PyTorch, in float64: written for clarity, and independent of the generated code.

    reference.py write FOLDER     computes every case of cases.json, writes NAME.safetensors for each, and SHA256SUMS
    reference.py check FOLDER     computes every case again and compares it with the files in FOLDER, number by number

A file holds parameters "p:NAME", inputs "x:NAME", the output "y:output", gradients "g:NAME" of the loss with respect to
every parameter and to the input, and the scalar "loss". Its metadata entry "case" is the declaration as JSON.

Sources: Feng et al., Attention as an RNN, arXiv 2405.13956 (Aaren); Vaswani et al. 2017 (the causal Transformer);
Feng et al., Were RNNs All We Needed?, arXiv 2410.01201 (minGRU and minLSTM).
"""
import hashlib
import json
import math
import pathlib
import struct
import sys

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)

# Two processors may add numbers in another order. Float64 has 1.1e-16 an operation, and some thousand follow each other.
BOUND = 1e-11


def bfloat16(x):
    """The nearest bfloat16, ties to even, as a tensor core reads an operand."""
    return x.float().bfloat16().double()


def tensor_float32(x):
    """The nearest TF32 number, which has 10 bits of fraction; ties away from zero, as cvt.rna.tf32.f32 rounds."""
    bits = x.float().contiguous().view(torch.int32)
    return ((bits + 0x1000) & ~0x1FFF).view(torch.float32).double()


PRODUCTS = dict(bf16=bfloat16, tf32=tensor_float32)


class RoundedLinear(torch.autograd.Function):
    """A linear map whose three matrix multiplications (output, input gradient, weight gradient) read rounded operands and add exactly."""

    @staticmethod
    def forward(ctx, x, weight, bias, rounded):
        ctx.save_for_backward(x, weight)
        ctx.rounded = rounded
        return rounded(x) @ rounded(weight).t() + bias

    @staticmethod
    def backward(ctx, dy):
        (x, weight), rounded = ctx.saved_tensors, ctx.rounded

        def rows(t):
            return rounded(t).reshape(-1, t.shape[-1])

        return rounded(dy) @ rounded(weight), rows(dy).t() @ rows(x), dy.reshape(-1, dy.shape[-1]).sum(0), None


class Linear(nn.Linear):
    """nn.Linear. Where `products` is set, its operands are rounded so, unless the layer is `exact`."""
    products = None
    exact = False

    def forward(self, x):
        if Linear.products is None or self.exact:
            return super().forward(x)
        return RoundedLinear.apply(x, self.weight, self.bias, Linear.products)


class Aaren(nn.Module):
    """Attention over the prefix with one learned query: o_t = sum_{i<=t} softmax_{i<=t}(q.k_i / sqrt(P)) v_i for each head."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query = nn.Parameter(torch.randn(width))
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (Linear(width, width) for _ in range(4))
        # The query is folded into the key projection. The result is a score, which is an exponent: never rounded.
        self.q_proj.exact = self.k_proj.exact = True

    def forward(self, x):
        batch, length, width = x.shape
        heads, channels = self.heads, width // self.heads
        q = self.q_proj(self.query).view(heads, channels)
        k = self.k_proj(x).view(batch, length, heads, channels)
        v = self.v_proj(x).view(batch, length, heads, channels)
        scores = torch.einsum("hp,blhp->blh", q, k) / math.sqrt(channels)
        # The recurrence itself. Its state is the largest score, the weighted sum of values and the sum of weights.
        largest, numerator, denominator = scores[:, 0], v[:, 0], torch.ones_like(scores[:, 0])
        outputs = []
        for t in range(length):
            if t > 0:
                before, largest = largest, torch.maximum(largest, scores[:, t])
                keep, add = torch.exp(before - largest), torch.exp(scores[:, t] - largest)
                numerator = numerator * keep[..., None] + v[:, t] * add[..., None]
                denominator = denominator * keep + add
            outputs.append((numerator / denominator[..., None]).reshape(batch, width))
        return self.o_proj(torch.stack(outputs, 1))


class ForgettingAaren(nn.Module):
    """Aaren with a forget gate a head and token: o_t = sum_{i<=t} exp(s_i + sum_{i<j<=t} phi_j) v_i / the same without v_i.

    phi = log sigmoid(W_f x + b_f). Scores "query": s = q.k / sqrt(P), as Aaren has them; "direct": s = W_s x + b_s. The gate of the first
    token does not matter. With their bias alone the gates halve a weight in `half_life[0]` to `half_life[1]` tokens, geometrically.
    """

    def __init__(self, width, heads, scores="query", half_life=(1, 64)):
        super().__init__()
        self.heads, self.scores = heads, scores
        if scores == "query":
            self.query = nn.Parameter(torch.randn(width))
            self.q_proj, self.k_proj = Linear(width, width), Linear(width, width)
            self.q_proj.exact = self.k_proj.exact = True
        else:
            self.s_proj = Linear(width, heads)
            self.s_proj.exact = True
            nn.init.zeros_(self.s_proj.weight)
        # Scores and gates are exponents: never rounded.
        self.f_proj = Linear(width, heads)
        self.f_proj.exact = True
        shortest, longest = half_life
        keep = 2 ** (-1 / (shortest * (longest / shortest) ** (torch.arange(heads) / max(heads - 1, 1))))
        self.f_proj.bias.data = (keep / (1 - keep)).log()
        self.v_proj, self.o_proj = Linear(width, width), Linear(width, width)

    def forward(self, x):
        batch, length, width = x.shape
        heads, channels = self.heads, width // self.heads
        if self.scores == "query":
            q = self.q_proj(self.query).view(heads, channels)
            k = self.k_proj(x).view(batch, length, heads, channels)
            scores = torch.einsum("hp,blhp->blh", q, k) / math.sqrt(channels)
        else:
            scores = self.s_proj(x)
        phi, v = F.logsigmoid(self.f_proj(x)), self.v_proj(x).view(batch, length, heads, channels)
        # The level is the logarithm of the sum of weights; with the output it is the whole state.
        level, value, outputs = scores[:, 0], v[:, 0], []
        for t in range(length):
            if t > 0:
                ahead = scores[:, t] - (level + phi[:, t])
                level = level + phi[:, t] + F.softplus(ahead)
                value = value + torch.sigmoid(ahead)[..., None] * (v[:, t] - value)
            outputs.append(value.reshape(batch, width))
        return self.o_proj(torch.stack(outputs, 1))


class CausalAttention(nn.Module):
    """The usual causal attention with several heads, as in a Transformer."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (Linear(width, width) for _ in range(4))

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (f(x).view(batch, length, self.heads, -1).transpose(1, 2) for f in (self.q_proj, self.k_proj, self.v_proj))
        scores = q @ k.transpose(-1, -2) / math.sqrt(width // self.heads)
        scores = scores.masked_fill(torch.ones(length, length, dtype=torch.bool).triu(1), -math.inf)
        return self.o_proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, width))


def positive(x):
    """g of the minGRU paper: x + 1/2 where x >= 0, sigmoid(x) elsewhere."""
    return torch.where(x >= 0, x + 0.5, torch.sigmoid(x))


class MinGru(nn.Module):
    """h_t = (1 - z_t) h_{t-1} + z_t g(W_h x_t), z_t = sigmoid(W_z x_t), h_0 = 0."""

    def __init__(self, width, heads):
        super().__init__()
        self.z_proj, self.h_proj, self.o_proj = (Linear(width, width) for _ in range(3))

    def forward(self, x):
        z, candidate = torch.sigmoid(self.z_proj(x)), positive(self.h_proj(x))
        h, outputs = torch.zeros_like(z[:, 0]), []
        for t in range(x.shape[1]):
            h = (1 - z[:, t]) * h + z[:, t] * candidate[:, t]
            outputs.append(h)
        return self.o_proj(torch.stack(outputs, 1))


class MinLstm(nn.Module):
    """h_t = f' h_{t-1} + i' g(W_h x_t), where f' = f / (f + i), i' = i / (f + i), f and i are sigmoids of x_t, and h_0 = 0."""

    def __init__(self, width, heads):
        super().__init__()
        self.f_proj, self.i_proj, self.h_proj, self.o_proj = (Linear(width, width) for _ in range(4))

    def forward(self, x):
        f, i, candidate = torch.sigmoid(self.f_proj(x)), torch.sigmoid(self.i_proj(x)), positive(self.h_proj(x))
        f, i = f / (f + i), i / (f + i)
        h, outputs = torch.zeros_like(f[:, 0]), []
        for t in range(x.shape[1]):
            h = f[:, t] * h + i[:, t] * candidate[:, t]
            outputs.append(h)
        return self.o_proj(torch.stack(outputs, 1))


MIXERS = dict(aaren=Aaren, forgetting=ForgettingAaren, transformer=CausalAttention, mingru=MinGru, minlstm=MinLstm)


class Block(nn.Module):
    """A mixer, then a feed-forward network with the exact GELU; each has a residual and a LayerNorm (epsilon 1e-5), before or after it.

    With `convolution` n the mixer reads x_t + sum_j c_j x_{t-j} + b instead of x_t, j below n, with zeros before the first token.
    """

    def __init__(self, kind, width, heads, ffn, norm, convolution=0, **mixer):
        super().__init__()
        self.norm = norm
        self.mixer = MIXERS[kind](width, heads, **mixer)
        self.conv = None
        if convolution:
            self.conv = nn.Conv1d(width, width, convolution, groups=width, padding=convolution - 1)
            nn.init.zeros_(self.conv.bias)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.ffn1, self.ffn2 = Linear(width, ffn), Linear(ffn, width)

    def forward(self, x):
        def mix(y):
            if self.conv is not None:
                y = y + self.conv(y.transpose(1, 2))[..., :y.shape[1]].transpose(1, 2)
            return self.mixer(y)

        def feed_forward(y):
            return self.ffn2(F.gelu(self.ffn1(y)))

        if self.norm == "pre":
            x = x + mix(self.norm1(x))
            return x + feed_forward(self.norm2(x))
        x = self.norm1(x + mix(x))
        return self.norm2(x + feed_forward(x))


class Model(nn.Module):
    """A linear layer, blocks, and a linear layer. An output depends on the tokens up to its own and on no later one."""

    def __init__(self, case):
        super().__init__()
        self.embed = Linear(case["features"], case["width"])
        options = case["width"], case["heads"], case["ffn"], case["norm"]
        blocks = (Block(case["kind"], *options, **case.get("block", {})) for _ in range(case["layers"]))
        self.blocks = nn.ModuleList(blocks)
        self.head = Linear(case["width"], case["outputs"])

    def forward(self, x):
        x = self.embed(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def lognormal_mixture(outputs, interval, components):
    """Negative log-likelihood of an interval. The outputs of a token are the log-weights, the means and the scales before softplus."""
    log_weight = outputs[..., :components].log_softmax(-1)
    mean, raw_scale = outputs[..., components:2 * components], outputs[..., 2 * components:3 * components]
    scale = F.softplus(raw_scale)
    z = (interval.log()[..., None] - mean) / scale
    log_density = log_weight - 0.5 * z * z - scale.log() - 0.5 * math.log(2 * math.pi)
    return -(log_density.logsumexp(-1) - interval.log())


def loss_of(case, y):
    """Draws the targets, and gives them with the mean loss of all tokens."""
    if case["loss"] == "mse":
        target = torch.randn_like(y)
        return target, F.mse_loss(y, target)
    if case["loss"] == "cross_entropy":
        target = torch.randint(0, case["outputs"], y.shape[:2])
        return target, F.cross_entropy(y.reshape(-1, case["outputs"]), target.reshape(-1))
    target = torch.rand(y.shape[:2]) * 3 + 0.01
    return target, lognormal_mixture(y, target, case["outputs"] // 3).mean()


def run(case):
    """Every tensor of a case, by its name in the file. All random numbers follow from the case's seed."""
    Linear.products = PRODUCTS.get(case.get("products"))
    torch.manual_seed(case["seed"])
    model = Model(case)
    for name, p in model.named_parameters():
        # The usual initial biases, scales and shifts are too tame to catch a mistake, and so are weights that start at 0.
        if p.ndim == 1 or not p.any():
            p.data += 0.3 * torch.randn_like(p)
        if name.endswith("query"):
            p.data *= case.get("query_scale", 1.0)
    x = torch.randn(case["batch"], case["length"], case["features"]).requires_grad_()
    y = model(x)
    target, loss = loss_of(case, y)
    loss.backward()
    tensors = {"p:" + name: p.data for name, p in model.named_parameters()}
    # Nothing depends on the query where there is one token.
    tensors |= {"g:" + name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in model.named_parameters()}
    return tensors | {"x:input": x.data, "g:input": x.grad, "y:output": y.data, "loss": loss.data.reshape(1), "x:target": target}


def read_cases():
    """The cases of cases.json. After them come the same cases with the operands of linear maps rounded."""
    exact = json.loads(pathlib.Path(__file__).with_name("cases.json").read_text())
    return exact | {f"{name}-{p}": dict(case, products=p) for name, case in exact.items() for p in PRODUCTS}


def to_safetensors(tensors, case):
    """The bytes of a file: the length of the header as 64 bits, the header as JSON, raw little-endian numbers."""
    types = {torch.float64: "F64", torch.int64: "I64"}
    header, blobs, at = {"__metadata__": {"case": json.dumps(case)}}, [], 0
    for name, t in tensors.items():
        blob = t.contiguous().numpy().tobytes()
        header[name] = {"dtype": types[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(blobs)


def from_safetensors(data):
    """The tensors and the case of a file."""
    types = {"F64": torch.float64, "I64": torch.int64}
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    case = json.loads(header.pop("__metadata__")["case"])
    tensors = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(bytearray(data[start + first:start + end]), dtype=types[entry["dtype"]]).view(entry["shape"])
    return tensors, case


def write(folder):
    sums = []
    for name, case in read_cases().items():
        tensors = run(case)
        data = to_safetensors(tensors, case)
        (folder / f"{name}.safetensors").write_bytes(data)
        sums.append(f"{hashlib.sha256(data).hexdigest()}  {name}.safetensors\n")
        print(f"{name}: loss {tensors['loss'].item():.12f}")
    (folder / "SHA256SUMS").write_text("".join(sorted(sums, key=lambda line: line.split()[1])))
    return True


def largest_error(computed, committed):
    """The largest relative L2 error of a tensor. A gradient that is 0 but for rounding is held against all gradients."""
    whole = math.sqrt(sum(t.square().sum().item() for name, t in committed.items() if name.startswith("g:")))
    error = 0.0
    for name, t in committed.items():
        size = t.double().norm().item()
        error = max(error, (computed[name] - t).double().norm().item() / (size if size >= 1e-12 * whole else whole))
    return error


def check(folder):
    is_right, identical = True, 0
    cases = read_cases()
    for name, case in cases.items():
        data = (folder / f"{name}.safetensors").read_bytes()
        computed, (committed, committed_case) = run(case), from_safetensors(data)
        if committed_case != case or {n: t.shape for n, t in computed.items()} != {n: t.shape for n, t in committed.items()}:
            print(f"{name}: the file is of another case")
            is_right = False
            continue
        error = largest_error(computed, committed)
        identical += to_safetensors(computed, case) == data
        is_right &= error <= BOUND
        print(f"{name}: largest relative error {error:.1e}{'' if error <= BOUND else f', more than {BOUND:.0e}'}")
    print(f"{identical} of {len(cases)} files are identical to the last bit")
    return is_right


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("write", "check"):
        sys.exit(__doc__)
    sys.exit(0 if dict(write=write, check=check)[sys.argv[1]](pathlib.Path(sys.argv[2])) else 1)
