"""The same training step in plain PyTorch: dense maps, torch.fft, complex einsum, torch.topk, torch.optim.Adam.

    python3 peer.py '{"configuration": {...}, "threads": 2, "plan": {"least": 5, "most": 60, "seconds": 3, "warmUps": 2, "warmSeconds": 1.5}}'

With "device": "cuda" on the GPU, each repeat until it is done. Matrix products and convolutions are in float32; with "tf32": true everything is
measured again with TF32 allowed; with "compile": true also as torch.compile makes it, and the faster of the two is what counts. Prints one JSON document: the milliseconds of every repeat and the peak resident memory of this process.
"""
import json
import math
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional


class DenseAutoencoder(nn.Module):
    """SAE-MLP: `z = topk(relu(E (x - b_dec) + b))`, `x_hat = z D + b_dec`. Samples [B, n], parameters [K, n]."""

    def __init__(self, configuration):
        super().__init__()
        inputs, concepts = configuration["inputs"], configuration["concepts"]
        self.active = configuration["active"]
        self.dead, self.weight = None, 1 / 32
        atoms = functional.normalize(torch.randn(concepts, inputs), dim=1)
        self.dictionary = nn.Parameter(atoms)
        self.encoder = nn.Parameter(atoms.clone())
        self.encoder_bias = nn.Parameter(torch.zeros(concepts))
        self.decoder_bias = nn.Parameter(torch.zeros(inputs))

    def forward(self, x):
        pre_codes = functional.linear(x - self.decoder_bias, self.encoder, self.encoder_bias)
        values, concepts = pre_codes.topk(self.active, dim=1)
        codes = torch.zeros_like(pre_codes).scatter_(1, concepts, functional.relu(values))
        output = torch.addmm(self.decoder_bias, codes, self.dictionary)
        return (output, self.dead_part(pre_codes)) if self.dead is not None else output

    def dead_part(self, pre_codes):
        """AuxK: what the largest codes among dead concepts add up to, at most half the length of a sample."""
        codes = functional.relu(pre_codes[:, self.dead])
        count = (self.dictionary.shape[1] + 1) // 2
        if count < codes.shape[1]:
            values, concepts = codes.topk(count, dim=1)
            codes = torch.zeros_like(codes).scatter_(1, concepts, values)
        return codes @ self.dictionary[self.dead]


class MapAutoencoder(nn.Module):
    """What autoencoders with feature maps share. Samples [B, C, *grid], codes [B, K, *grid]."""

    def __init__(self, configuration):
        super().__init__()
        self.grid = tuple(configuration["grid"])
        self.axes = tuple(range(-len(self.grid), 0))
        self.active, self.count = configuration["active"], configuration["count"]
        self.energy = configuration["energy"]
        self.dead, self.weight = None, 1
        ones = [1] * len(self.grid)
        self.encoder_bias = nn.Parameter(torch.zeros(configuration["concepts"], *ones))
        self.decoder_bias = nn.Parameter(torch.zeros(configuration["channels"], *ones))

    def sparsify(self, maps, energies):
        """Keeps the maps of largest energy of each sample, and of each of them the largest points, rectified."""
        flat = maps.flatten(2)
        chosen = energies.topk(self.active, dim=1).indices.unsqueeze(-1).expand(-1, -1, flat.shape[2])
        values, points = flat.gather(1, chosen).topk(self.count, dim=2)
        kept = flat.new_zeros(chosen.shape).scatter_(2, points, functional.relu(values))
        return torch.zeros_like(flat).scatter_(1, chosen, kept).view_as(maps)

    def rectified_energies(self, maps):
        return functional.relu(maps.detach()).flatten(2).norm(dim=2)


class ConvAutoencoder(MapAutoencoder):
    """SAE-CNN with zero padding in two dimensions. Parameters [K, C, *kernel]."""

    def __init__(self, configuration):
        super().__init__(configuration)
        kernel = configuration["kernel"]
        noise = torch.randn(configuration["concepts"], configuration["channels"], *kernel)
        atoms = functional.normalize(noise.flatten(1), dim=1).view_as(noise)
        self.padding = [size // 2 for size in kernel]
        self.dictionary = nn.Parameter(atoms)
        self.encoder = nn.Parameter(atoms.clone())

    def forward(self, x):
        maps = functional.conv2d(x - self.decoder_bias, self.encoder, padding=self.padding) + self.encoder_bias
        codes = self.sparsify(maps, self.rectified_energies(maps))
        return functional.conv_transpose2d(codes, self.dictionary, padding=self.padding) + self.decoder_bias


class FourierAutoencoder(MapAutoencoder):
    """SAE-FNO. Parameters `theta = sqrt(c) D`, complex [K, C, 2 m_1 - 1, .., m_d], non-negative frequencies first,
    with c the number of times that a stored frequency stands for (1 where the last one is 0, else 2)."""

    def __init__(self, configuration):
        super().__init__(configuration)
        self.modes = configuration["modes"]
        last = self.modes[-1]
        self.register_buffer("counts", torch.tensor([1.0] + [2.0] * (last - 1)))
        noise = torch.randn(configuration["concepts"], configuration["channels"], *[2 * m - 1 for m in self.modes])
        theta = self.analyze(noise) * self.counts.sqrt()
        theta = theta / theta.flatten(1).abs().square().sum(1).sqrt().view(-1, *[1] * (theta.dim() - 1))
        self.dictionary = nn.Parameter(theta)
        self.encoder = nn.Parameter(theta.clone())

    def analyze(self, functions):
        """Coefficients of the kept frequencies."""
        spectrum = torch.fft.rfftn(functions, dim=self.axes, norm="forward")[..., : self.modes[-1]]
        for axis, modes in zip(self.axes[:-1], self.modes[:-1]):
            size = spectrum.shape[axis]
            positive, negative = spectrum.narrow(axis, 0, modes), spectrum.narrow(axis, size - modes + 1, modes - 1)
            spectrum = torch.cat([positive, negative], dim=axis)
        return spectrum

    def synthesize(self, spectrum):
        """The function on the grid that has these coefficients and no others."""
        for axis, modes, size in zip(self.axes[:-1], self.modes[:-1], self.grid[:-1]):
            gap = list(spectrum.shape)
            gap[axis] = size - (2 * modes - 1)
            positive, negative = spectrum.narrow(axis, 0, modes), spectrum.narrow(axis, modes, modes - 1)
            spectrum = torch.cat([positive, spectrum.new_zeros(gap), negative], dim=axis)
        return torch.fft.irfftn(spectrum, s=self.grid, dim=self.axes, norm="forward")

    @torch.no_grad()
    def preactivation_energies(self, spectrum):
        """`||a_k||^2` by Parseval, with the bias at frequency 0."""
        power = (torch.view_as_real(spectrum).square().sum(-1) * self.counts).flatten(2).sum(2)
        bias = self.encoder_bias.flatten()
        return power + bias * (2 * spectrum.flatten(2)[..., 0].real + bias)

    def forward(self, x):
        roots = self.counts.sqrt()
        signal = self.analyze(x - self.decoder_bias)
        spectrum = torch.einsum("bc...,kc...->bk...", signal, (self.encoder / roots).conj())
        maps = self.synthesize(spectrum) + self.encoder_bias
        if self.energy == "preactivation":
            energies = self.preactivation_energies(spectrum)
        else:
            energies = self.rectified_energies(maps)
        decode = lambda codes, atoms: self.synthesize(torch.einsum("bk...,kc...->bc...", self.analyze(codes), atoms / roots))
        output = decode(self.sparsify(maps, energies), self.dictionary) + self.decoder_bias
        if self.dead is None:
            return output
        # AuxK: as many maps as are active, among dead concepts only.
        dead = maps[:, self.dead]
        return output, decode(self.sparsify(dead, self.rectified_energies(dead)), self.dictionary[self.dead])


class UnrolledAutoencoder(nn.Module):
    """`z <- hard(z + alpha D*(x - D z))` from zero, T times, with gradients through all steps; `x_hat = D z + b_dec`."""

    def __init__(self, configuration):
        super().__init__()
        self.iterations, self.step_size = configuration["iterations"], configuration["stepSize"]
        self.threshold = configuration["threshold"]

    def codes(self, x):
        codes = self.sparsify(self.step_size * self.correlate(x))
        for _ in range(self.iterations - 1):
            codes = self.sparsify(codes + self.step_size * self.correlate(x - self.synthesize_codes(codes)))
        return codes

    def sparsify(self, pre_codes):
        return pre_codes * (pre_codes.abs() > self.threshold)

    def forward(self, x):
        return self.synthesize_codes(self.codes(x - self.decoder_bias)) + self.decoder_bias


class UnrolledDenseAutoencoder(UnrolledAutoencoder):
    """Samples [B, n], codes [B, K], parameter [K, n]."""

    def __init__(self, configuration):
        super().__init__(configuration)
        inputs, concepts = configuration["inputs"], configuration["concepts"]
        self.dictionary = nn.Parameter(functional.normalize(torch.randn(concepts, inputs), dim=1))
        self.decoder_bias = nn.Parameter(torch.zeros(inputs))

    def correlate(self, x):
        return x @ self.dictionary.t()

    def synthesize_codes(self, codes):
        return codes @ self.dictionary


class UnrolledFourierAutoencoder(UnrolledAutoencoder):
    """Samples [B, C, *grid], codes [B, K, *grid], parameter `theta` as in FourierAutoencoder, from noise in every mode."""

    analyze, synthesize = FourierAutoencoder.analyze, FourierAutoencoder.synthesize

    def __init__(self, configuration):
        super().__init__(configuration)
        self.grid = tuple(configuration["grid"])
        self.axes = tuple(range(-len(self.grid), 0))
        self.modes = configuration["modes"]
        self.register_buffer("roots", torch.tensor([1.0] + [2.0] * (self.modes[-1] - 1)).sqrt())
        shape = configuration["concepts"], configuration["channels"], *[2 * m - 1 for m in self.modes]
        theta = self.analyze(torch.randn(shape)) * self.roots
        theta = theta / theta.flatten(1).abs().square().sum(1).sqrt().view(-1, *[1] * (theta.dim() - 1))
        self.dictionary = nn.Parameter(theta)
        self.decoder_bias = nn.Parameter(torch.zeros(configuration["channels"], *[1] * len(self.grid)))

    def correlate(self, x):
        return self.synthesize(torch.einsum("bc...,kc...->bk...", self.analyze(x), (self.dictionary / self.roots).conj()))

    def synthesize_codes(self, codes):
        return self.synthesize(torch.einsum("bk...,kc...->bc...", self.analyze(codes), self.dictionary / self.roots))


def build(configuration):
    """The model of a configuration and one batch of random data."""
    kinds = {
        "mlp": DenseAutoencoder,
        "cnn": ConvAutoencoder,
        "fno": FourierAutoencoder,
        "unrolled-mlp": UnrolledDenseAutoencoder,
        "unrolled-fno": UnrolledFourierAutoencoder,
    }
    model = kinds[configuration["kind"]](configuration)
    sample = [configuration["inputs"]] if "inputs" in configuration else [configuration["channels"], *configuration["grid"]]
    if configuration.get("auxiliary"):
        model.dead = torch.arange(0, configuration["concepts"], 3)
    return model, configuration.get("deviation", 1) * torch.randn(configuration["batch"], *sample)


def rows(parameter):
    """The atoms of a dictionary as real rows."""
    flat = parameter.detach().flatten(1)
    return torch.view_as_real(flat).flatten(1) if flat.is_complex() else flat


def loss_of(model, x):
    """The mean squared error; with AuxK also that with what dead concepts leave of the error."""
    if getattr(model, "dead", None) is None:
        return functional.mse_loss(model(x), x)
    output, dead_part = model(x)
    loss = functional.mse_loss(output, x)
    return loss, loss + model.weight * functional.mse_loss(dead_part, (x - output).detach())


def train_step(model, optimizer, x):
    """Forward, backward, Adam; the gradient without its part along unit atoms, atoms back to unit norm."""
    optimizer.zero_grad(set_to_none=True)
    loss = total = loss_of(model, x)
    if isinstance(loss, tuple):
        loss, total = loss
    total.backward()
    with torch.no_grad():
        atoms, gradient = rows(model.dictionary), rows(model.dictionary.grad)
        gradient.addcmul_(atoms, torch.einsum("kp,kp->k", gradient, atoms).unsqueeze(1), value=-1)
        optimizer.step()
        atoms.div_(atoms.norm(dim=1, keepdim=True))
    return loss.item()


def encode_decode(model, x):
    with torch.no_grad():
        # A value that is read, so that a GPU is done.
        dead, model.dead = getattr(model, "dead", None), None
        value = model(x).flatten()[0].item()
        model.dead = dead
        return value


def time_repeatedly(run, plan):
    """Milliseconds of each repeat, after some that are not counted."""
    warm = time.perf_counter() + plan["warmSeconds"]
    runs = 0
    while runs < plan["warmUps"] or time.perf_counter() < warm:
        run()
        runs += 1
    samples = []
    while len(samples) < plan["least"] or (sum(samples) < 1000 * plan["seconds"] and len(samples) < plan["most"]):
        started = time.perf_counter()
        run()
        samples.append(1000 * (time.perf_counter() - started))
    return samples


def matrix_gflops(size=768):
    """Speed of a plain matrix product: without an optimized BLAS it is some fifty times lower."""
    a = torch.randn(size, size)
    samples = time_repeatedly(lambda: torch.mm(a, a), {"warmUps": 1, "warmSeconds": 0, "least": 3, "most": 3, "seconds": 0})
    return 2 * size**3 / min(samples) / 1e6


def allow_tf32(allowed):
    """Convolutions take TF32 unless they are told not to."""
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def measure(model, optimizer, x, plan):
    train = time_repeatedly(lambda: train_step(model, optimizer, x), plan)
    return {"train": train, "infer": time_repeatedly(lambda: encode_decode(model, x), plan)}


def faster(eager, compiled):
    """Of each kind of run the quicker samples, and which they are."""
    compiled_wins = {kind: min(compiled[kind], default=math.inf) < min(eager[kind]) for kind in eager}
    chosen = {kind: compiled[kind] if wins else eager[kind] for kind, wins in compiled_wins.items()}
    return {**chosen, "compiled": compiled_wins}


def main():
    task = json.loads(sys.argv[1])
    torch.set_num_threads(task["threads"])
    torch.manual_seed(0)
    device = task.get("device", "cpu")
    allow_tf32(False)
    model, x = (each.to(device) for each in build(task["configuration"]))
    if getattr(model, "dead", None) is not None:
        model.dead = model.dead.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    answer = measure(model, optimizer, x, task["plan"])
    if task.get("tf32"):
        allow_tf32(True)
        answer["tf32"] = measure(model, optimizer, x, task["plan"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    if task.get("compile"):
        # Functions of the model alone: the step around it stays as it is. Compiling takes as long as it takes.
        model.forward = torch.compile(model.forward)
        answer = {**answer, **faster({kind: answer[kind] for kind in ("train", "infer")}, measure(model, optimizer, x, task["plan"]))}
    loss = train_step(model, optimizer, x)
    if not math.isfinite(loss):
        raise ValueError(f"the loss is {loss}")
    gpu = f", {torch.cuda.get_device_name()}" if device == "cuda" else ""
    detail = f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads{gpu}"
    if device == "cpu":
        answer["matrixGflops"] = matrix_gflops()
    print(json.dumps({**answer, "peakMb": peak, "detail": detail}))


if __name__ == "__main__":
    main()
