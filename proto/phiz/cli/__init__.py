"""The command line ``phiz``: a file a command, over the client."""
