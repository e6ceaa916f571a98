"""What the service does, one operation a file, free of gRPC.

Each takes a ``serving.pipeline.Job`` and plain values; arguments are named as the request's fields, and an error names
the field in that way. All raise the RequestErrors of ``serving.errors``.
"""
