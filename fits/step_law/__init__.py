"""step-law: optimal learning rate and batch size for LLM pre-training, from model size and data."""
