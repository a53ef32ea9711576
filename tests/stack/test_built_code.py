"""What was uploaded, as Lambda hands it out again: every module comes with its bytecode."""

import io
import zipfile

import httpx

from dev.build.bytecode import modules_without_bytecode


def unpacked(stack, url, folder):
    """Unpack a zip from an address that Lambda gave out, where the emulator is now.

    The address of a layer names the port that it was made on, by an emulator that this one may
    have taken the state of.
    """
    emulator = httpx.URL(stack.facts.aws_endpoint_url)
    answer = httpx.get(httpx.URL(url).copy_with(port=emulator.port), timeout=60)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(folder)


def assert_is_compiled(folder):
    assert list(folder.rglob("*.py"))
    assert modules_without_bytecode(folder) == []


def test_each_function_was_uploaded_with_bytecode(stack, tmp_path):
    functions = stack.aws("lambda")
    for logical_id, name in stack.facts.function_names.items():
        code = functions.get_function(FunctionName=name, Qualifier="live")["Code"]
        unpacked(stack, code["Location"], tmp_path / logical_id)
        assert_is_compiled(tmp_path / logical_id)


def test_each_layer_was_uploaded_with_bytecode(stack, tmp_path):
    functions = stack.aws("lambda")
    layers = functions.list_layers()["Layers"]
    assert len(layers) == 2
    for layer in layers:
        version = functions.get_layer_version_by_arn(
            Arn=layer["LatestMatchingVersion"]["LayerVersionArn"]
        )
        unpacked(stack, version["Content"]["Location"], tmp_path / layer["LayerName"])
        assert_is_compiled(tmp_path / layer["LayerName"])
