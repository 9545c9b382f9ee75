"""How a trail's tables came to be, step by step. A published step never changes."""
