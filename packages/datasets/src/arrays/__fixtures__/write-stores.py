"""Writes HDF5 files with h5py and Zarr stores with zarr-python, and what NumPy reads from them, into a folder:

    python3 write-stores.py FOLDER

expected.json: { file: { array: { shape, type, axes, values } } }, values as float64 in base64. Version 3.16 of h5py, 3.1.6 of zarr.
"""

import base64
import json
import os
import sys
import warnings
import zipfile

import numpy as np

warnings.filterwarnings("ignore")
folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
random = np.random.default_rng(17)
shape = (5, 4, 3)
expected = {}


def numbers(dtype, of=shape):
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        values = random.standard_normal(of) * 10.0 ** random.integers(-4, 4, of)
        values.flat[:5] = [0.0, -0.0, np.inf, -np.inf, np.nan]
        values.flat[5] = np.finfo(dtype).smallest_subnormal
        return values.astype(dtype)
    if dtype.kind == "b":
        return random.integers(0, 2, of).astype(bool)
    limits = np.iinfo(dtype)
    values = random.integers(limits.min, limits.max, of, dtype=dtype.newbyteorder("="), endpoint=True).astype(dtype)
    values.flat[:2] = [limits.min, limits.max]
    return values


def expect(file, name, values, type=None, axes=None):
    expected.setdefault(file, {})[name] = {
        "shape": list(values.shape),
        "type": type or values.dtype.name,
        "axes": axes,
        "values": base64.b64encode(values.astype("<f8").tobytes()).decode(),
    }


types = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]


def write_hdf5():
    import h5py

    file = "h5py.h5"
    with h5py.File(f"{folder}/{file}", "w") as root:

        def add(name, values, **options):
            data = root.create_dataset(name, data=values, **options)
            expect(file, name, data[...])
            return data

        for order in "<>":
            for code in types:
                add(f"{'little' if order == '<' else 'big'}/{code}", numbers(order + code))
        add("bool", numbers("b1"))
        for code in ["f2", "f4", "i8"]:
            values = numbers(code)
            add(f"chunks/{code}", values, chunks=(2, 3, 2))
            add(f"gzip/{code}", values, chunks=(2, 3, 2), compression="gzip", shuffle=True)
            add(f"big-gzip/{code}", values.astype(">" + code), chunks=(2, 3, 2), compression="gzip", shuffle=True)
            add(f"checked/{code}", values, chunks=(2, 3, 2), fletcher32=True)
            add(f"resizable/{code}", values, maxshape=(None, 4, None), compression=1)
        for code in ["f4", "u2"]:
            add(f"szip/{code}", numbers(code), chunks=(5, 4, 3), compression="szip")
        add("scaleoffset", random.integers(-9, 90, shape, dtype="i4"), chunks=(2, 3, 2), scaleoffset=0)
        add("compact", numbers("f4"))
        data = root.create_dataset("fill", shape, "f4", chunks=(2, 3, 2), fillvalue=7.5)
        data[:2] = 1
        expect(file, "fill", data[...])
        data = root.create_dataset("never-written", shape, ">i2", fillvalue=-3)
        expect(file, "never-written", data[...])
        enumeration = h5py.enum_dtype({"water": 0, "land": 1, "ice": 7}, "u2")
        data = root.create_dataset("enumeration", data=random.choice([0, 1, 7], shape), dtype=enumeration)
        expect(file, "enumeration", data[...].astype("u2"))

        data = root.create_dataset("climate/t", shape, ">i2", chunks=(1, 4, 3), compression=4)
        data[...] = numbers("i2")
        data[0, 0, 0] = -32767
        data.attrs.update(scale_factor=np.float64(0.01), add_offset=np.array([273.15]), _FillValue=np.array(-32767, ">i2"))
        stored = data[...].astype("f8")
        values = np.where(stored == -32767, np.nan, stored * 0.01 + 273.15)
        for axis, axis_name in enumerate(["time", "lat", "lon"]):
            scale = root.create_dataset(f"climate/{axis_name}", data=np.arange(shape[axis]) * 1.0)
            scale.make_scale(axis_name)
            data.dims[axis].attach_scale(scale)
        expect(file, "climate/t", values, "int16", ["time", "lat", "lon"])
        data = root.create_dataset("climate/unsigned", data=numbers("i1"))
        data.attrs.update(_Unsigned="true", missing_value=np.array([200, 255], "u1"))
        stored = data[...].view("u1").astype("f8")
        expect(file, "climate/unsigned", np.where((stored == 200) | (stored == 255), np.nan, stored), "uint8")
        data = root.create_dataset("climate/masked", data=np.where(random.random(shape) < 0.3, -9999.9, 1.5).astype("f4"))
        data.attrs["_FillValue"] = np.float64(-9999.9)
        expect(file, "climate/masked", np.where(data[...] < 0, np.nan, data[...]), "float32")

        # What cannot be read, with a reason.
        root["refused/complex"] = np.zeros((3, 2), "c8")
        root["refused/records"] = np.zeros((3, 2), [("a", "f4"), ("b", "i4")])
        root["refused/text"] = np.array([[b"a", b"bc"]] * 2)
        root["refused/long-double"] = np.zeros((3, 2), np.longdouble)
        root["refused/scalar"] = 3.0
        root["refused/empty"] = h5py.Empty("f4")
        root.create_dataset("refused/strings", data=["x", "yy"], dtype=h5py.string_dtype())
        root.create_dataset("refused/arrays", (3,), np.dtype(("f4", (2, 2))))
        root.create_dataset("refused/external", (4, 4), "f4", external=[("other.bin", 0, 64)])
        root.create_dataset("refused/lzf", data=np.zeros((64, 64)), chunks=(8, 8), compression="lzf")
        root.create_dataset("refused/large-chunks", (2, 8192, 8192), "f4", chunks=(1, 8192, 8192), compression=1)
        layout = h5py.VirtualLayout((10, 4), "f4")
        layout[:5] = h5py.VirtualSource("other.h5", "d", (5, 4))
        root.create_virtual_dataset("refused/virtual", layout, fillvalue=-1)
        root["refused/gone"] = h5py.SoftLink("/nowhere")
        root["refused/elsewhere"] = h5py.ExternalLink("other.h5", "/d")
        root["soft"] = h5py.SoftLink("/little/f4")
        expect(file, "soft", root["little/f4"][...])
        root["circle/self"] = root["little"]

        def low_level(name, type_, values=None):
            space = h5py.h5s.create_simple(shape)
            data = h5py.h5d.create(root.id, name.encode(), type_, space)
            if values is not None:
                data.write(h5py.h5s.ALL, h5py.h5s.ALL, values)

        twelve = h5py.h5t.STD_I16LE.copy()
        twelve.set_precision(12)
        low_level("refused/twelve-bits", twelve)
        brain = h5py.h5t.IEEE_F32LE.copy()
        brain.set_fields(15, 7, 8, 0, 7)
        brain.set_precision(16)
        brain.set_size(2)
        brain.set_ebias(127)
        values = np.ascontiguousarray(random.integers(-99, 99, shape), "f4")
        low_level("brain", brain, values)
        expect(file, "brain", values, "bfloat16")
        named = h5py.h5t.IEEE_F16BE.copy()
        named.commit(root.id, b"named-type")
        values = np.ascontiguousarray(random.integers(-99, 99, shape), "f4")
        low_level("named", named, values)
        expect(file, "named", values, "float16")

    # The latest format has other headers and indices of chunks.
    file = "latest.h5"
    with h5py.File(f"{folder}/{file}", "w", libver="latest") as root:
        for code in ["f2", "f4", "i4"]:
            for name, options in {
                "contiguous": {},
                "chunks": {"chunks": (2, 3, 2)},
                "gzip": {"chunks": (2, 3, 2), "compression": 4},
                "extensible": {"maxshape": (None, 4, 3), "chunks": (2, 4, 3)},
                "many-attributes": {},
            }.items():
                data = root.create_dataset(f"{name}/{code}", data=numbers(code), **options)
                if name == "many-attributes":
                    data.attrs.update({f"attribute {i}": i for i in range(20)})
                expect(file, f"{name}/{code}", data[...])

    file = "matlab.mat"
    text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Mar  2 09:00:00 2020 HDF5 schema 1.00 ."
    with h5py.File(f"{folder}/{file}", "w", userblock_size=512) as root:

        def add(name, values, kind, **options):
            data = root.create_dataset(name, data=values.T, **options)
            data.attrs["MATLAB_class"] = np.bytes_(kind)
            return data

        samples = numbers("f8", (6, 5, 4))
        add("u", samples, "double", chunks=(2, 5, 3), compression=3)
        expect(file, "u", samples)
        single = numbers("f4", (6, 5, 4, 2))
        add("fields/single", single, "single")
        expect(file, "fields/single", single)
        logical = add("mask", random.integers(0, 2, (6, 4)).astype("u1"), "logical")
        logical.attrs["MATLAB_int_decode"] = np.int32(1)
        expect(file, "mask", logical[...].T, "bool")
        add("nu", np.array([[0.001]]), "double")
        add("t", np.arange(6.0)[None], "double")
        empty = add("empty", np.array([0, 0], "u8"), "double")
        empty.attrs["MATLAB_empty"] = np.uint8(1)
        char = add("name", np.frombuffer("Burgers".encode("utf-16le"), "u2")[None], "char")
        char.attrs["MATLAB_int_decode"] = np.int32(2)
        root.create_dataset("#refs#/a", data=np.zeros((3, 3)))
        cell = root.create_dataset("cell", data=[[root["#refs#/a"].ref]], dtype=h5py.ref_dtype)
        cell.attrs["MATLAB_class"] = np.bytes_("cell")
        pair = np.zeros((4, 6), [("real", "f8"), ("imag", "f8")])
        root.create_dataset("z", data=pair).attrs["MATLAB_class"] = np.bytes_("double")
    with open(f"{folder}/{file}", "r+b") as out:
        out.write(text.ljust(124) + b"\x00\x02IM")


def write_zarr():
    import numcodecs
    import zarr
    from zarr import codecs

    zarr.config.set({"async.concurrency": 1})

    def store(file):
        kept = zarr.storage.ZipStore(f"{folder}/{file}", mode="w", compression=zipfile.ZIP_DEFLATED)
        return kept, zarr.create_group(kept, zarr_format=2 if "2" in file else 3)

    def add(file, root, name, values, **options):
        options.setdefault("chunks", (2, 3, 2))
        data = root.create_array(name, shape=values.shape, dtype=values.dtype, **options)
        data[...] = values
        expect(file, name, data[...])
        return data

    file = "zarr2.zip"
    kept, root = store(file)
    for order in "<>":
        for code in types:
            add(file, root, f"{'little' if order == '<' else 'big'}/{code}", numbers(order + code))
    add(file, root, "bool", numbers("b1"))
    blosc = [
        numcodecs.Blosc(cname=cname, shuffle=shuffle)
        for cname in ["lz4", "lz4hc", "blosclz", "zstd", "zlib"]
        for shuffle in [0, 1, 2]
    ]
    compressors = [*blosc, numcodecs.Zstd(), numcodecs.Zstd(checksum=True), numcodecs.GZip(), numcodecs.Zlib(), numcodecs.LZ4(), None]
    for i, compressor in enumerate(compressors):
        name = "none" if compressor is None else f"{i}-{compressor.codec_id}"
        for code in ["<f2", "<f4", ">i4"]:
            add(file, root, f"compressed/{name}/{code[1:]}", numbers(code), compressors=compressor)
    for order in "CF":
        add(file, root, f"order/{order}", numbers(">f4"), order=order)
        add(file, root, f"order/half-{order}", numbers("<f2"), order=order)
    add(file, root, "filters/delta", numbers("i4"), filters=[numcodecs.Delta("i4")])
    add(file, root, "filters/shuffle", numbers("f4"), filters=[numcodecs.Shuffle(4)])
    add(file, root, "filters/shuffle-half", numbers("f2"), filters=[numcodecs.Shuffle(2)])
    quantized = np.round(random.random(shape) * 100, 1)
    scale = numcodecs.FixedScaleOffset(offset=5, scale=10, dtype="f8", astype="i2")
    add(file, root, "filters/fixedscaleoffset", quantized, filters=[scale])
    add(file, root, "filters/bitround", numbers("f4") * 0 + 1.5, filters=[numcodecs.BitRound(8)])
    for name, value in {"nan": np.nan, "infinity": -np.inf, "number": 2.5}.items():
        for code in ["f2", "f4"]:
            data = root.create_array(f"fill/{name}/{code}", shape=shape, chunks=(2, 3, 2), dtype=code, fill_value=value)
            data[1] = 3
            expect(file, f"fill/{name}/{code}", data[...])
    data = root.create_array("fill/long", shape=shape, chunks=(2, 3, 2), dtype="i8", fill_value=2**63 - 1)
    expect(file, "fill/long", data[...])
    values = numbers("i2")
    values[0, 0] = -999
    data = add(file, root, "climate", values, fill_value=-999)
    data.attrs.update(scale_factor=0.5, add_offset=10, _ARRAY_DIMENSIONS=["time", "lat", "lon"])
    meant = np.where(values == -999, np.nan, values * 0.5 + 10)
    expect(file, "climate", meant, "int16", ["time", "lat", "lon"])
    for name, dtype in {"complex": "c8", "text": "U3", "bytes": "S3", "dates": "M8[s]"}.items():
        root.create_array(f"refused/{name}", shape=(4, 3), chunks=(2, 2), dtype=dtype)
    for codec in [numcodecs.LZMA(), numcodecs.BZ2()]:
        root.create_array(f"refused/{codec.codec_id}", shape=(4, 3), chunks=(2, 2), dtype="f4", compressors=codec)
    root.create_array("refused/large-chunks", shape=(2, 8192, 8192), chunks=(1, 8192, 8192), dtype="f4")
    zarr.consolidate_metadata(kept)
    kept.close()

    file = "zarr3.zip"
    kept, root = store(file)
    for endian in ["little", "big"]:
        for code in types:
            serializer = codecs.BytesCodec(endian=endian) if code[1] != "1" else "auto"
            add(file, root, f"{endian}/{code}", numbers(code), serializer=serializer)
    add(file, root, "bool", numbers("b1"))
    compressors = {
        "zstd": codecs.ZstdCodec(),
        "zstd-checksum": codecs.ZstdCodec(checksum=True),
        "gzip": codecs.GzipCodec(),
        "blosc-zstd": codecs.BloscCodec(cname="zstd", shuffle="bitshuffle"),
        "blosc-lz4": codecs.BloscCodec(cname="lz4", shuffle="shuffle"),
        "crc32c": codecs.Crc32cCodec(),
        "gzip-crc32c": [codecs.GzipCodec(), codecs.Crc32cCodec()],
        "none": None,
    }
    for name, compressor in compressors.items():
        for code in ["f2", "f4", "u8"]:
            add(file, root, f"compressed/{name}/{code}", numbers(code), compressors=compressor)
    for order in [(2, 1, 0), (1, 2, 0), (0, 2, 1)]:
        for code in ["f2", "f8"]:
            name = f"transposed/{''.join(map(str, order))}/{code}"
            add(file, root, name, numbers(code), filters=[codecs.TransposeCodec(order=order)])
    for code in ["f2", "f4", "i8"]:
        add(file, root, f"sharded/{code}", numbers(code), chunks=(2, 2, 1), shards=(4, 4, 2))
        index = codecs.ShardingCodec(
            chunk_shape=(2, 2, 1), codecs=[codecs.BytesCodec(), codecs.GzipCodec()], index_location="start"
        )
        name = f"sharded-start/{code}"
        add(file, root, name, numbers(code), chunks=(4, 4, 2), serializer=index, compressors=None)
        index = codecs.ShardingCodec(
            chunk_shape=(2, 2, 1),
            codecs=[codecs.TransposeCodec(order=(2, 0, 1)), codecs.BytesCodec(), codecs.ZstdCodec()],
        )
        add(file, root, f"sharded-transposed/{code}", numbers(code), chunks=(4, 4, 2), serializer=index, compressors=None)
        data = root.create_array(f"sharded-partly/{code}", shape=shape, dtype=code, chunks=(2, 2, 1), shards=(4, 4, 2), fill_value=9)
        data[:2, :2] = 4
        expect(file, f"sharded-partly/{code}", data[...])
    for name, value in {"nan": np.nan, "infinity": np.inf, "number": 2.5}.items():
        for code in ["f2", "f4"]:
            data = root.create_array(f"fill/{name}/{code}", shape=shape, chunks=(2, 3, 2), dtype=code, fill_value=value)
            data[1] = 3
            expect(file, f"fill/{name}/{code}", data[...])
    add(file, root, "keys", numbers("f4"), chunk_key_encoding={"name": "v2", "separator": "/"})
    add(file, root, "dots", numbers("f4"), chunk_key_encoding={"name": "default", "separator": "."})
    data = add(file, root, "named", numbers("f4"), dimension_names=["time", "y", "x"])
    expect(file, "named", data[...], axes=["time", "y", "x"])
    for name, dtype in {"complex": "c8", "text": "U3", "strings": str}.items():
        root.create_array(f"refused/{name}", shape=(4, 3), chunks=(2, 2), dtype=dtype)
    zarr.consolidate_metadata(kept)
    kept.close()


made = []
for write in [write_hdf5, write_zarr]:
    try:
        write()
        made.append(write.__name__)
    except ImportError:
        pass
with open(f"{folder}/expected.json", "w") as out:
    json.dump(expected, out)
print(" ".join(made))
