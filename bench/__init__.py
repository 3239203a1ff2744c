"""`python -m bench`: what is slow, as ratios to yardsticks measured in the same run."""
