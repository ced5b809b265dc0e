"""Makes small.onnx, a classifier of images, and small.onnx.json, what it says of some of 16 x 12 by loops in float64.

    image -> conv (stride 2) -> norm -> relu -> pool -> split, joined -> conv 3 x 3 = layer -> add the branch -> relu -> average -> dense -> softmax
         |--> conv 1 x 1, stride 4 (branch) ---------------------------------------------------^                               |
         |--> number of images ------------------------------------------------------------------------------------------------^

pip install onnx==1.23.2 numpy; python small.onnx.py
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
SIZE = (16, 12)
random = np.random.default_rng(5)
weights = {}


def weight(name, *shape, around=0.0):
    values = (around + random.normal(size=shape) / 2).astype(np.float32)
    weights[name] = values
    return name


def node(op, inputs, output, **attributes):
    return helper.make_node(op, inputs, output if isinstance(output, list) else [output], **attributes)


def build():
    weights["variance"] = random.uniform(0.5, 2, 4).astype(np.float32)
    first = [weight("first/filter", 4, 3, 3, 3), weight("first/bias", 4)]
    norm = [weight("norm/scale", 4, around=1), weight("norm/bias", 4), weight("norm/mean", 4), "variance"]
    second = [weight("second/filter", 5, 4, 3, 3), weight("second/bias", 5)]
    head = [weight("head/weights", 5, 6), weight("head/bias", 6)]
    nodes = [
        node("Conv", ["image", *first], "block/first/conv", strides=[2, 2], pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["block/first/conv", *norm], "block/first/norm"),
        node("Relu", ["block/first/norm"], "block/first/relu"),
        node("MaxPool", ["block/first/relu"], "block/pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Split", ["block/pool"], ["block/left", "block/right"], axis=1, num_outputs=2),
        node("Concat", ["block/left", "block/right"], "block/joined", axis=1),
        node("Conv", ["block/joined", *second], "block/second/conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Conv", ["image", weight("branch/filter", 5, 3, 1, 1)], "block/branch/conv", strides=[4, 4]),
        node("Add", ["block/second/conv", "block/branch/conv"], "block/sum"),
        node("Relu", ["block/sum"], "block/relu"),
        node("GlobalAveragePool", ["block/relu"], "average"),
        # As exporters write it, the shape of a vector comes from how many images were given.
        node("Shape", ["image"], "count", start=0, end=1),
        node("Concat", ["count", "rest"], "shape", axis=0),
        node("Reshape", ["average", "shape"], "vector"),
        node("Gemm", ["vector", *head], "logits"),
        node("Softmax", ["logits"], "classes", axis=1),
    ]
    tensors = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    tensors.append(numpy_helper.from_array(np.array([-1], np.int64), "rest"))
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["images", 3, "height", "width"])],
        [helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["images", 6])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, HERE / "small.onnx")


def conv(x, filters, bias, stride, pad):
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    size = filters.shape[2]
    rows, columns = ((points - size) // stride + 1 for points in x.shape[2:])
    result = np.zeros((x.shape[0], filters.shape[0], rows, columns))
    for n, c, i, j in np.ndindex(result.shape):
        seen = x[n, :, i * stride : i * stride + size, j * stride : j * stride + size]
        result[n, c, i, j] = np.sum(seen * filters[c]) + bias[c]
    return result


def reference(count):
    w = {name: values.astype(np.float64) for name, values in weights.items()}
    # The same in the tests, in the order in which the network takes it.
    x = (np.arange(count * 3 * SIZE[0] * SIZE[1]) * 37 % 101).astype(np.float32).astype(np.float64) / 128
    x = x.reshape(count, 3, *SIZE)
    first = conv(x, w["first/filter"], w["first/bias"], 2, 1)
    at = lambda name: w[name].reshape(1, -1, 1, 1)
    norm = at("norm/scale") * (first - at("norm/mean")) / np.sqrt(at("variance") + 1e-5) + at("norm/bias")
    relu = np.maximum(norm, 0)
    pool = relu.reshape(count, 4, SIZE[0] // 4, 2, SIZE[1] // 4, 2).max((3, 5))
    layer = conv(pool, w["second/filter"], w["second/bias"], 1, 1)
    branch = conv(x, w["branch/filter"], np.zeros(5), 4, 0)

    def logits(map):
        vector = np.maximum(map + branch, 0).mean((2, 3))
        return vector @ w["head/weights"] + w["head/bias"]

    return {
        "layer": np.moveaxis(layer, 1, 3),
        "logits": logits(layer),
        "without": logits(0 * layer),
    }


build()
expected = {name: [float(f"{value:.9g}") for value in values.ravel()] for name, values in reference(3).items()}
(HERE / "small.onnx.json").write_text(json.dumps(expected) + "\n")
