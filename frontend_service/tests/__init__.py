"""The frontend's tests: its pages in front of a marketplace that lives in memory."""
