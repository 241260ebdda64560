"""What is measured offline: how good a route is, what may be claimed of it, when a claim is withdrawn."""

import os

# Before numpy is there. At the sizes here threads of its own spin longer than they help, and their number
# changes last digits: on another machine the same rows would teach another revision.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
