"""What the blog's services tell each other: one module per publisher."""
