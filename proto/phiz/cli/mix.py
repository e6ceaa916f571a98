"""``phiz mix``: one face from several."""

import argparse
from typing import TYPE_CHECKING

from phiz.calls import Face
from phiz.cli import faces, files, options
from phiz.client import Client
from phiz.v1.image_pb2 import Image, ImageOptions
from phiz.v1.phiz_pb2 import MIX_METHOD_LINEAR, MIX_METHOD_SPHERICAL, MIX_METHOD_STYLES

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers

_METHODS = {"linear": MIX_METHOD_LINEAR, "spherical": MIX_METHOD_SPHERICAL, "styles": MIX_METHOD_STYLES}


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "mix",
        run,
        description="Mix two or more faces into one.",
        example="phiz mix a.jpg b.latent seed:7 --weights 2,1,1",
    )
    faces.add_to(parser)
    parser.add_argument("--weights", metavar="W,W,...", type=options.numbers, help="a weight a face (default: equal)")
    parser.add_argument(
        "--method",
        choices=_METHODS,
        default="linear",
        help="linear; spherical, for seeds; styles: shape of the first face, colours of the second (default: linear)",
    )
    parser.add_argument(
        "--layers",
        metavar="N",
        type=options.whole(1),
        default=0,
        help="with styles: layers of the first face (default: half)",
    )
    parser.add_argument(
        "--paste-back", action="store_true", help="paste the mix into the first face, which must be a photograph"
    )
    options.add_preset(parser)
    options.add_out(parser, "mix.png")
    options.add_pictures(parser, made=True)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Mixes the faces."""
    if len(args.faces) < 2:
        raise files.UsageError("mix needs two faces or more")
    if args.weights and len(args.weights) != len(args.faces):
        raise files.UsageError(f"{len(args.weights)} weights for {len(args.faces)} faces")

    def mix(client: Client, loaded: list[Face], output: ImageOptions) -> Image:
        return client.mix(
            loaded,
            weights=args.weights or (),
            method=_METHODS[args.method],
            style_layers=args.layers,
            paste_back=args.paste_back,
            preset=options.preset(args),
            output=output,
        ).image

    return faces.to_one_picture(args, args.faces, "mix", mix)
