"""CSV files as one end of a sync."""
