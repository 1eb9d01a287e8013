"""Run from scripts/train: python3 -m unittest discover -s tests -t . ; `npm test` does so where PyTorch is there."""
