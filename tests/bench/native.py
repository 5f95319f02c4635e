"""The tutorial's network in PyTorch, asked by native.js: a line of JSON in, a line of JSON out.

    python3 native.py MODEL.safetensors IMAGES THREADS

IMAGES: test images of 28 x 28 bytes, followed by a byte for each: its label. Started with
OMP_NUM_THREADS = THREADS.
"""

import json
import os
import struct
import sys
import time

import numpy
import torch

SIDE, CLASSES = 28, 10
TRAINING_BATCH = 50
TYPES = {"F32": "<f4", "F16": "<f2"}


def read_safetensors(path):
    """A safetensors file of floats: 8 bytes of length, JSON, then the tensors."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        first, last = (8 + length + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(data[first:last], TYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).astype("float32"))
    return tensors, metadata


class Network(torch.nn.Module):
    """Reads [T, B, I], the order that nn.LSTM works in."""

    def __init__(self, hidden):
        super().__init__()
        self.lstm = torch.nn.LSTM(SIDE, hidden)
        self.output = torch.nn.Linear(hidden, CLASSES)

    def forward(self, images):
        _, (h, _) = self.lstm(images)
        return self.output(h[0])


def blas():
    """The file of the BLAS that this process has loaded."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        names = {line.split("/")[-1].strip() for line in maps if "blas" in line or "mkl" in line}
    return ", ".join(sorted(names)) or "none found"


def read_images(path):
    raw = numpy.fromfile(path, numpy.uint8)
    count = len(raw) // (SIDE * SIDE + 1)
    pixels, labels = raw[: count * SIDE * SIDE], raw[count * SIDE * SIDE :]
    scaled = pixels.reshape(count, SIDE, SIDE).astype(numpy.float32) * numpy.float32(1 / 255)
    return torch.from_numpy(scaled), torch.from_numpy(labels.astype(numpy.int64))


def main():
    model_path, images_path, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(threads)
    tensors, _ = read_safetensors(model_path)
    images, labels = read_images(images_path)
    networks = []
    for _ in range(2):  # to read with, and to train
        network = Network(tensors["lstm.weight_hh_l0"].shape[1])
        network.load_state_dict(tensors)
        networks.append(network)
    reader, trained = networks
    optimizer = torch.optim.Adam(trained.parameters(), lr=1e-4)
    loss = torch.nn.CrossEntropyLoss()

    def steps_first(first, count):
        return images[first : first + count].transpose(0, 1).contiguous()

    batches = [
        (steps_first(first, TRAINING_BATCH), labels[first : first + TRAINING_BATCH])
        for first in range(0, len(images) - TRAINING_BATCH + 1, TRAINING_BATCH)
    ]
    inputs = {count: steps_first(0, count) for count in (1, 50, 100, 1000)}
    trained_batches = 0

    def read(count):
        with torch.no_grad():
            return reader(inputs[count])

    def step():
        nonlocal trained_batches
        x, y = batches[trained_batches % len(batches)]
        trained_batches += 1
        optimizer.zero_grad(set_to_none=True)
        loss(torch.softmax(trained(x), 1), y).backward()  # the tutorial's loss: softmax twice
        optimizer.step()

    figures = {
        "training step": step,
        "one image": lambda: read(1),
        "images/s at B = 50": lambda: read(50),
        "images/s at B = 1000": lambda: read(1000),
    }

    def burst(figure, milliseconds, calls):
        run, samples = figures[figure], []
        start = time.perf_counter()
        end = start + milliseconds / 1000
        while not samples or start < end:
            for _ in range(calls):
                run()
            now = time.perf_counter()
            samples.append((now - start) * 1000 / calls)
            start = now
        return samples

    for line in sys.stdin:
        question = json.loads(line)
        if question["ask"] == "version":
            answer = {
                "torch": torch.__version__,
                "threads": torch.get_num_threads(),
                "omp": os.environ.get("OMP_NUM_THREADS"),
                "blas": blas(),
            }
        elif question["ask"] == "logits":
            answer = read(question["count"]).flatten().tolist()
        else:
            answer = burst(question["figure"], question["milliseconds"], question["calls"])
        print(json.dumps(answer), flush=True)


main()
