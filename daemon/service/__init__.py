"""The process: its parts built once, its schedule, metrics, logs and notices."""
