"""Training steps of the benchmarks' models in PyTorch on a CUDA device: one line of JSON each, timed by CUDA events.

Aaren uses cumulative sums, as one writes it in PyTorch, and the Transformer scaled_dot_product_attention. Both run eager, compiled, and
compiled with CUDA graphs. Uneven sequences are padded to the longest; padding has no part in the loss, and as both models
are causal it needs no mask elsewhere. Arguments: seconds after which no further case starts, and "short" for tiny sizes.
"""
import json
import sys
import time

STARTED = time.monotonic()
SECONDS = float(sys.argv[1])
SHORT = "short" in sys.argv[2:]
# Name, features, width, heads, hidden, blocks, and batches as sequences by tokens.
MODELS = [
    ("small", 7, 64, 4, 256, 2, [(32, 96), (256, 96)]),
    ("medium", 7, 128, 8, 512, 4, [(32, 96), (256, 96)]),
    ("large", 7, 512, 8, 2048, 2, [(16, 192), (128, 192)]),
]


def say(**fields):
    print(json.dumps(fields), flush=True)


try:
    import torch
except ImportError as error:
    say(missing=f"python3 has no torch: {error}")
    sys.exit(0)
if not torch.cuda.is_available():
    say(missing=f"torch {torch.__version__} finds no CUDA device")
    sys.exit(0)

from torch import nn
from torch.nn import functional


class Aaren(nn.Module):
    """Attention of a learned query over each prefix, by cumulative sums: exp(s - max s), at the price of precision where scores grow."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query = nn.Parameter(torch.randn(width) * width**-0.5)
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        batch, tokens, width = x.shape
        query = self.q_proj(self.query).view(self.heads, -1)
        keys = self.k_proj(x).view(batch, tokens, self.heads, -1)
        values = self.v_proj(x).view(batch, tokens, self.heads, -1)
        scores = (keys * query).sum(3).float() / (width / self.heads) ** 0.5
        weights = (scores - scores.detach().amax(1, keepdim=True)).exp()
        mixed = (weights.unsqueeze(3) * values).cumsum(1) / weights.cumsum(1).unsqueeze(3)
        return self.o_proj(mixed.to(values.dtype).reshape(batch, tokens, width))


class Transformer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        batch, tokens, width = x.shape
        q, k, v = (f(x).view(batch, tokens, self.heads, -1).transpose(1, 2) for f in (self.q_proj, self.k_proj, self.v_proj))
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(mixed.transpose(1, 2).reshape(batch, tokens, width))


class Block(nn.Module):
    def __init__(self, mixer, width, heads, hidden):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mixer = mixer(width, heads)
        self.ffn1, self.ffn2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        x = x + self.mixer(self.norm1(x))
        return x + self.ffn2(functional.gelu(self.ffn1(self.norm2(x))))


def build(mixer, features, width, heads, hidden, blocks):
    layers = (Block(mixer, width, heads, hidden) for _ in range(blocks))
    return nn.Sequential(nn.Linear(features, width), *layers, nn.Linear(width, features))


def lengths_of(batch, length, uneven):
    """Those of DeviceBatch.cs."""
    pairs = batch // 2
    differences = [length // 2 * (pair * 5 % pairs + 1) // pairs if uneven else 0 for pair in range(pairs)]
    return [length + sign * difference for difference in differences for sign in (-1, 1)] + [length] * (batch % 2)


def make_step(mixer, mode, precision, sizes, batch, length, uneven):
    torch.manual_seed(1)
    torch.set_float32_matmul_precision("high" if precision == "TF32" else "highest")
    features = sizes[0]
    model = build(mixer, *sizes).cuda()
    compiler_mode = "reduce-overhead" if mode == "compiled, CUDA graphs" else None
    run = model if mode == "eager" else torch.compile(model, dynamic=False, mode=compiler_mode)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    lengths = torch.tensor(lengths_of(batch, length, uneven), device="cuda")
    longest = int(lengths.max())
    tokens, targets = (torch.rand(batch, longest, features, device="cuda") for _ in range(2))
    mask = (torch.arange(longest, device="cuda") < lengths.unsqueeze(1)).unsqueeze(2)
    numbers = int(lengths.sum()) * features

    def loss_of(outputs):
        if not uneven:
            return functional.mse_loss(outputs, targets)
        return ((outputs - targets).square() * mask).sum() / numbers

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
            loss = loss_of(run(tokens).float())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
        optimizer.step()

    return step


def measure(step):
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)

    def run(count):
        start.record()
        for _ in range(count):
            step()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) / count

    for _ in range(2 if SHORT else 10):
        step()
    one = run(1 if SHORT else 5)
    turns, count = (1, 1) if SHORT else (15, max(1, min(100, int(30 / max(one, 1e-3)))))
    return sorted(run(count) for _ in range(turns))


def cases():
    """Eager cases first; then compiled ones, each of which takes many seconds, the most important first."""
    models = MODELS[:1] if SHORT else MODELS
    modes = (
        ("eager", ("bf16", "TF32", "float32")),
        ("compiled, CUDA graphs", ("bf16", "float32")),
        ("compiled", ("bf16", "float32")),
    )
    for mode, precisions in modes:
        for precision in precisions:
            for mixer in (Aaren, Transformer):
                for name, *sizes, batches in models:
                    for batch, length in [(2, 8)] if SHORT else batches:
                        for uneven in (False, True):
                            yield mode, precision, mixer, name, sizes, batch, length, uneven


say(torch=torch.__version__, device=torch.cuda.get_device_name(), cuda=torch.version.cuda)
left_out = 0
for mode, precision, mixer, name, sizes, batch, length, uneven in cases():
    if time.monotonic() - STARTED > SECONDS:
        left_out += 1
        continue
    row = dict(model=name, sequences=batch, length=length, uneven=uneven, name=f"PyTorch, {mixer.__name__}, {mode}", products=precision)
    try:
        times = measure(make_step(mixer, mode, precision, sizes, batch, length, uneven))
        quarter = len(times) // 4
        median = times[len(times) // 2]
        say(**row, milliseconds=median, spread=(times[-1 - quarter] - times[quarter]) / 2 / median)
    except Exception as error:  # a compiler that fails on this machine is a result, too
        say(**row, failed=f"{type(error).__name__}: {error}".splitlines()[0])
    torch.cuda.empty_cache()
    if mode != "eager":
        torch._dynamo.reset()
say(left_out=left_out)
