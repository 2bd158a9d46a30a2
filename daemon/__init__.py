"""What runs: the sync cycle, its pure core, its effects, the process and its doors."""
