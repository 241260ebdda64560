"""What `wye doctor` looks at. A check returns findings and raises nothing for what it came to find."""
