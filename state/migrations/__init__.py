"""The revisions of the state's tables; ``state.migrate`` runs them."""
