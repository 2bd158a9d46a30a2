"""The pure core: values in, values out; no await, clock, database or logging."""
