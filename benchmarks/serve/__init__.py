"""What the service costs beside the bare runtime: ``python -m benchmarks serve``, or ``make bench-serve``.

The same requests, made at the same times, are worked on by three systems that each have one core to themselves, while
those who ask and measure have the others:

- the floor: a loop that does nothing but the work itself, see ``floor``;
- Phiz, embedded: ``phiz serve``;
- Phiz, Triton: ``phiz serve --triton``, with the Triton server of deploy/triton on the same core.

Requests come at a steady rate, whether or not earlier ones have been answered (an open loop), at half of what the floor
can do, and up to half more than it can do.
"""
