"""Everything that knows Salesforce."""
