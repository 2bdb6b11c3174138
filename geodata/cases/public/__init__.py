"""What anybody may see of cases, and what a reporter may know of their own."""
