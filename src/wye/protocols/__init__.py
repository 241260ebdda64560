"""Sans-I/O codecs: one file a protocol. Nobody opens a socket here."""
