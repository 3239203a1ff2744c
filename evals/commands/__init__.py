"""What the commands do: read, call the pure parts, print."""
