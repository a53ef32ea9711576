"""How long what people wait for takes, beside its budget."""
