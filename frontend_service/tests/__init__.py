"""The frontend's tests: its pages with a fake marketplace in memory."""
