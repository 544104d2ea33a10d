"""What the marketplace's services agree on: one module per publisher of events, and the roles of staff."""
