"""Payments: what a buyer pays for an order, through Stripe."""
