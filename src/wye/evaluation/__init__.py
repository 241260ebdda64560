"""What is measured offline: how good a route is, what may be claimed of it, when a claim is withdrawn."""
