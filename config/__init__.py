"""What operators write and what ships as default."""
