"""Pictures made to learn from: faces in all poses and lights, and what only looks like one."""
