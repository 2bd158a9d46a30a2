"""What crmsyncd costs: measurements, run by `make bench`."""
