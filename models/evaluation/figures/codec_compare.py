"""Results in the layout that Codec-Compare (github.com/webmproject/codec-compare, its README and src/entry.ts)
loads: a file for each codec, and batches.json, which lists them. Serve them beside its page and open it with
?load=PATH/batches.json."""

import json
import os

# Column -> (the field's name, which Codec-Compare knows, and its description).
FIELDS = {
    "image": ("original_name", "Original picture"),
    "setting": ("quality", "The codec's own setting"),
    "bytes": ("encoded_size", "Size of the file in bytes"),
    "bpp": ("bpp", "Encoded bits per pixel"),
    "psnr": ("psnr", "PSNR over red, green and blue in dB"),
    "ssim": ("ssim", "SSIM on luma"),
    "ms_ssim": ("msssim", "MS-SSIM on luma"),
    "ssimulacra2": ("ssimulacra2", "SSIMULACRA 2"),
    "butteraugli": ("p3-norm", "3-norm of Butteraugli's map"),
    "encode_seconds": ("encoding_time", "Processor seconds of the encoder"),
    "decode_seconds": ("decoding_time", "Processor seconds of the decoder"),
}
CONSTANTS = {
    "name": "Name of this batch",
    "codec": "Name of the codec",
    "version": "Version of the codec",
    "time": "When this was measured",
    "encoding_cmd": "Command that encodes",
    "decoding_cmd": "Command that decodes",
}
PLACEHOLDERS = {"{setting}": "${quality}", "{ppm}": "${original_name}", "{png}": "${original_name}"}


def folder_of(prefix):
    return f"{prefix}-codec-compare"


def write_batches(prefix, rows, results):
    folder = folder_of(prefix)
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):  # of codecs that are no longer measured
        os.remove(os.path.join(folder, name))
    for key in results["codecs"]:
        write_lines(os.path.join(folder, f"{key}.json"), batch(key, rows, results))
    with open(os.path.join(folder, "batches.json"), "w", encoding="utf-8") as file:
        file.write(json.dumps([[f"{key}.json"] for key in results["codecs"]]) + "\n")


def batch(key, rows, results):
    """What the file of a codec holds. Fields without value in any row are left out."""
    codec, rows = results["codecs"][key], [row for row in rows if row["codec"] == key]
    values = {
        "name": codec["title"],
        "codec": codec["title"],
        "version": codec["version"],
        "time": codec["measured"],
        "encoding_cmd": with_placeholders(codec["command"]),
        "decoding_cmd": with_placeholders(codec["decode_command"]),
    }
    columns = [column for column in FIELDS if all(value_of(row, column) is not None for row in rows)]
    return {
        "constant_descriptions": [{name: description} for name, description in CONSTANTS.items()],
        "constant_values": [values[name] for name in CONSTANTS],
        "field_descriptions": [dict([FIELDS[column]]) for column in columns],
        "field_values": [[value_of(row, column) for column in columns] for row in rows],
    }


def value_of(row, column):
    if column == "bpp":
        return round(8 * row["bytes"] / row["pixels"], 4)
    return float(row[column]) if column == "setting" else row[column]


def with_placeholders(command):
    for ours, theirs in PLACEHOLDERS.items():
        command = command.replace(ours, theirs)
    return command


def write_lines(path, content):
    """JSON with a line for each item of the lists, so that a change can be read in a diff."""
    parts = [
        f' "{key}": [\n' + ",\n".join(f"  {json.dumps(item)}" for item in items) + "\n ]"
        for key, items in content.items()
    ]
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(parts) + "\n}\n")
