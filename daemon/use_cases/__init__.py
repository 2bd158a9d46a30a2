"""What a person or a machine can ask for: typed requests and results."""
