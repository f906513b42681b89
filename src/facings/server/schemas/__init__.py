"""What goes over the wire. The typed client reads the same models."""
