"""Ollama's chat, for its clients."""
