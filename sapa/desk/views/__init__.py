"""What the workspace answers: each view finds, calls one action or query, and renders."""
