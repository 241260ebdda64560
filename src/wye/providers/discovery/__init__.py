"""What can serve requests without having been typed in: keys in the environment, engines on loopback.

Engines are asked *what they are*, on their default ports, never with a prompt. An engine is `own` only
once all of this holds (docs/decisions/0004-proving-an-engine-local.md):

1. It answers on 127.0.0.1 in the shape of exactly one engine, without a trace of a proxy in its headers.
2. The kernel names the processes that listen on that port, and every one of them is that engine:
   `/proc/net/tcp` has the socket, `/proc/PID/fd` its holders, `/proc/PID/exe` and `cmdline` what they are.
   When the socket is another user's, so that its holders cannot be read, every process of that user
   must be the engine (as for a service with an account of its own), and the user is not root.
3. The engine does not itself hand work on: no remote model, no RPC workers.

Anything else is *unknown* (lane None), which no label permits: a listener that is ssh, kubectl, socat,
docker-proxy or another gateway, one that cannot be identified, any system without /proc. The operator
may know better and say so in `wye.yaml`.
"""

from wye.providers.discovery.discover import Discovered, discover, dynamic
from wye.providers.discovery.probe import Answer, Probe

__all__ = ["Answer", "Discovered", "Probe", "discover", "dynamic"]
