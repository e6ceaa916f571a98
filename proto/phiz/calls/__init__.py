"""The calls of the service, once for both clients: each function turns plain arguments into an RPC and its request.

All of them read photographs that come as a path (OSError where that fails) and raise ValueError or TypeError for
numbers that the contract's types cannot hold. What is missing or 0 is up to the server: see the contract for defaults.
"""

from phiz.calls.base import Call, Face, Photo, Region
from phiz.calls.faces import average, edit, generate, generate_stream, invert, invert_stream, mix, morph
from phiz.calls.photographs import align, colorize, inspect, translate, upscale
from phiz.v1.phiz_pb2 import ListModelsRequest, ListModelsResponse
from phiz.v1.phiz_pb2_grpc import PhizStub

__all__ = [
    "Call",
    "Face",
    "Photo",
    "Region",
    "align",
    "average",
    "colorize",
    "edit",
    "generate",
    "generate_stream",
    "inspect",
    "invert",
    "invert_stream",
    "list_models",
    "mix",
    "morph",
    "translate",
    "upscale",
]


def list_models(stub: PhizStub) -> Call[ListModelsResponse]:
    """Lists the models that the server answers with."""
    return Call(stub.ListModels, ListModelsRequest())
