"""Who gets a case: the people who handle cases, who is on duty, and the rules of dispatch."""
