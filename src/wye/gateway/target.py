"""A deployment made ready to be attempted: what can be computed before a request arrives is."""

from dataclasses import dataclass, field

from wye import __version__
from wye.catalog.deployments import Deployment
from wye.gateway.gate import Gate


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A deployment, its gate, and the bytes that are the same for every request to it."""

    deployment: Deployment
    gate: Gate
    head: bytes = field(repr=False)
    """Header lines for the upstream, the credential among them."""
    base_path: bytes
    answer_headers: bytes
    """Header lines that tell the client who answered."""


def target(deployment: Deployment, gate: Gate) -> Target:
    """Prepare `deployment`."""
    lines = [
        b"content-type: application/json",
        b"accept: application/json, text/event-stream",
        b"user-agent: wye/" + __version__.encode(),
    ]
    if deployment.api_key is not None:
        lines.append(b"authorization: Bearer " + deployment.api_key.reveal().encode("latin-1"))
    lane = deployment.lane.value if deployment.lane else "unknown"
    return Target(
        deployment=deployment,
        gate=gate,
        head=b"".join(line + b"\r\n" for line in lines),
        base_path=deployment.endpoint.base_path.encode(),
        answer_headers=f"x-wye-deployment: {deployment.id}\r\nx-wye-lane: {lane}\r\n".encode(
            "latin-1", "replace"
        ),
    )
