"""The gateway: portraits over gRPC. It answers with the models of a model repository and knows nothing of training."""
