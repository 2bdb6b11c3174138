"""What is done with a case: which steps it may take, who may take them, and the entry of each."""
