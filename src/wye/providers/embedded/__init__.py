"""The open models that come with wye: llama-server and a sentence encoder, each in a child process.

Rules of this package:

- Nothing is downloaded. Weights are files of installed packages (`weights`).
- A child is told what it needs through its stdin, never through arguments or environment, where other
  users of the machine could read its key (`boot`).
- A child cannot outlive its parent: it dies when its stdin closes, and on Linux when the parent does.
- A child keeps its port for the engine's lifetime, restarts included (`process`).
"""
