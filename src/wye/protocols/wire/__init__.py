"""JSON and server-sent events as they travel, read and changed without decoding more than is asked for."""
