"""What the marketplace's services tell each other: one module per publisher."""
