"""The demonstration: a server of its own, a call of every RPC, and a contact sheet of what came back."""
