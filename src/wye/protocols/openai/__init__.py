"""What OpenAI's protocols share, and its embeddings."""
