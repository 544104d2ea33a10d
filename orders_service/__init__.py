"""Orders: a buyer's hold on a ticket, until it is paid or released. Publishes the `order` stream."""
