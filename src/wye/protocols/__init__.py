"""Sans-I/O codecs: one folder a protocol. Nobody opens a socket here."""
