"""A transparency log: what was recorded cannot be changed, dropped or reordered without that being seen.

    append ──group commit, fsync──▶ journal ──▶ tiles + signed checkpoint ──▶ proof | verify | witness
    (threads)                       (private)   (public: anybody may copy and check it)

The formats are those of C2SP, so that others check them with their own tools: `tlog-tiles` (an RFC 6962
SHA-256 tree in files of 256 hashes), `tlog-checkpoint` and `signed-note` (Ed25519), `tlog-cosignature`
(witnesses) and `tlog-proof`.

`tree`, `tiles`, `note`, `checkpoint`, `proof`, `verify`, `witness` and `frames` compute on bytes that they
are given; `store` and `log` are the only ones that write files.
"""
