"""The README's MNIST run in plain PyTorch: digits read, an SAE-FNO trained with AuxK, 1,000 digits held out and scored.

    python3 e2e_mnist.py DIR THREADS

64 concepts, 14 modes, 500 batches of 48, 16 active maps a sample (chosen in the batch), two peaks of each, as `saeno train --model fno --modes 14 --steps 500`
has them. Not done here, and done there: the start from patches, checkpoints, reports, the index of concepts. Prints one JSON document.
"""
import gzip
import json
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional

from peer import FourierAutoencoder, rows

STEPS, BATCH, ACTIVE, PEAKS, RATE, DEAD_AFTER = 500, 48, 16, 2, 0.02, 300


class PeaksAutoencoder(FourierAutoencoder):
    """SAE-FNO whose codes are the largest peaks of the maps that keep most of the batch's energy."""

    def peaks(self, maps):
        """The largest local maxima of each map, rectified: values and places [B, K, s]."""
        around = functional.max_pool2d(functional.pad(maps, (1, 1, 1, 1), mode="circular"), 3, stride=1)
        values, places = torch.where(maps == around, maps, 0).flatten(2).topk(PEAKS, dim=2)
        return functional.relu(values), places

    def codes(self, maps, kept):
        """The maps [B, K, ...] with the peaks of those that are kept [B, K] alone."""
        values, places = self.peaks(maps)
        return torch.zeros_like(maps).flatten(2).scatter_(2, places, values * kept.unsqueeze(2)).view_as(maps)

    def decode(self, codes, atoms):
        spectrum = torch.einsum("bk...,kc...->bc...", self.analyze(codes), atoms / self.counts.sqrt())
        return self.synthesize(spectrum)

    def forward(self, x, dead=None):
        signal = self.analyze(x - self.decoder_bias)
        spectrum = torch.einsum("bc...,kc...->bk...", signal, (self.encoder / self.counts.sqrt()).conj())
        maps = self.synthesize(spectrum) + self.encoder_bias
        with torch.no_grad():
            energies = self.peaks(maps)[0].square().sum(2)
        kept = largest(energies, ACTIVE * len(x))
        output = self.decode(self.codes(maps, kept), self.dictionary) + self.decoder_bias
        if dead is None or len(dead) == 0:
            return output, kept, None
        revived = torch.zeros_like(energies[:, dead])
        chosen = energies[:, dead].topk(min(ACTIVE, len(dead)), dim=1).indices
        revived.scatter_(1, chosen, 1)
        return output, kept, self.decode(self.codes(maps[:, dead], revived), self.dictionary[dead])


def largest(energies, count):
    """1 for the largest of all entries, else 0."""
    kept = torch.zeros(energies.numel())
    kept[energies.flatten().topk(min(count, energies.numel())).indices] = 1
    return kept.view_as(energies)


def digits(directory):
    """All digits of the test set [10000, 1, 28, 28], between 0 and 1."""
    path = next(Path(directory).glob("t10k-images*ubyte*"))
    data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    return torch.frombuffer(bytearray(data[16:]), dtype=torch.uint8).view(-1, 1, 28, 28).float() / 255


def train(model, samples):
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    idle = torch.zeros(len(model.dictionary))
    order = torch.randperm(len(samples))
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - step / STEPS)
        at = (step * BATCH) % (len(samples) - BATCH)
        x = samples[order[at : at + BATCH]]
        dead = (idle >= DEAD_AFTER).nonzero().flatten()
        optimizer.zero_grad(set_to_none=True)
        output, kept, revived = model(x, dead)
        loss = functional.mse_loss(output, x)
        if revived is not None:
            loss = loss + functional.mse_loss(revived, (x - output).detach())
        loss.backward()
        with torch.no_grad():
            atoms, gradient = rows(model.dictionary), rows(model.dictionary.grad)
            gradient.addcmul_(atoms, torch.einsum("kp,kp->k", gradient, atoms).unsqueeze(1), value=-1)
            optimizer.step()
            atoms.div_(atoms.norm(dim=1, keepdim=True))
            idle = torch.where(kept.any(0), 0, idle + BATCH)


@torch.no_grad()
def score(model, samples):
    """The relative error, and how many concepts are in use."""
    outputs, used = [], torch.zeros(len(model.dictionary), dtype=torch.bool)
    for x in samples.split(64):
        output, kept, _ = model(x)
        outputs.append(output)
        used |= kept.any(0)
    error = (samples - torch.cat(outputs)).flatten(1).norm() / samples.flatten(1).norm()
    return {"relativeError": error.item(), "inUse": int(used.sum())}


def main():
    directory, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    started = time.perf_counter()
    samples = digits(directory)
    configuration = {"grid": [28, 28], "channels": 1, "concepts": 64, "modes": [14, 14], "active": ACTIVE, "count": PEAKS, "energy": "kept"}
    model = PeaksAutoencoder(configuration)
    with torch.no_grad():
        model.decoder_bias.fill_(samples[:9000].mean())
    train(model, samples[:9000])
    scores = score(model, samples[9000:])
    print(json.dumps({**scores, "seconds": time.perf_counter() - started, "torch": torch.__version__}))


main()
