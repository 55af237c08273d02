"""What is studied: experiments, their data, their model. Knows nothing of Qt."""
