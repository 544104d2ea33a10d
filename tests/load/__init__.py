"""The load generator, its client of the API and its scenarios, which demo, drill, restart and bench share."""
