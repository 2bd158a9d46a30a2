"""HubSpot: contacts over the CRM API."""
