"""What the end-to-end tests stand on: the gateway under test, and stand-ins for everything around it."""
