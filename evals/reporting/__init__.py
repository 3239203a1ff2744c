"""What is made of a scored run: history, Markdown, JUnit XML and the HTML report."""
