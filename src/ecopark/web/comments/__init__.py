"""What is said about assessments: comments with their answers, and what the park has handed up to the department above."""
